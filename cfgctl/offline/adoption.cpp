// In INI and .env files a line is a value, so that lines are compared. In the other formats a value
// has many forms that mean the same to every reader, and the reader has its remarks where readers
// differ; only TOML has a type that JSON has not, dates.

#include "cfgctl/offline/adoption.hpp"

#include "cfgctl/commands/documents.hpp"
#include "core/limits.hpp"
#include "watchers/read_source.hpp"
#include "watchers/write_source.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace cfgd::cfgctl::offline {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
  auto const begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

/// The lines that are neither empty nor comments, without blanks around them and around "=".
std::vector<std::string> bare_lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    auto const sign = line.front() == '[' ? line.npos : line.find('=');
    out.emplace_back(trim(line.substr(0, sign)));
    if (sign != line.npos) out.back().append(" = ").append(trim(line.substr(sign + 1)));
  }
  return out;
}

std::vector<std::string> respelled_lines(std::string_view before, std::string_view after) {
  auto const lines = bare_lines(after);
  std::multiset<std::string> left(lines.begin(), lines.end());
  std::multiset<std::string> const sections(lines.begin(), lines.end());
  std::vector<std::string> out;
  for (auto& line : bare_lines(before)) {
    auto const same = left.find(line);
    if (same != left.end()) left.erase(same);
    // A section that occurs twice is written once.
    else if (line.front() != '[' || !sections.contains(line))
      out.push_back(line);
  }
  return out;
}

bool begins_as_date(std::string_view text) {
  constexpr std::string_view date = "dddd-dd-dd";
  constexpr std::string_view time = "dd:dd:dd";
  return std::ranges::any_of(std::array{date, time}, [&](std::string_view form) {
    return text.size() >= form.size() &&
           std::equal(form.begin(), form.end(), text.begin(), [](char wanted, char one) {
             return wanted == 'd' ? one >= '0' && one <= '9' : wanted == one;
           });
  });
}

/// Strings that are dates in the text, because it has them without quotes.
void find_dates(std::string_view text, boost::json::value const& in, std::set<std::string>& out) {
  if (auto const* const object = in.if_object())
    for (auto const& member : *object)
      find_dates(text, member.value(), out);
  if (auto const* const list = in.if_array())
    for (auto const& one : *list)
      find_dates(text, one, out);
  auto const* const date = in.if_string();
  if (date == nullptr || !begins_as_date(*date)) return;
  std::string const value(*date);
  bool const is_quoted =
      text.find('"' + value + '"') != text.npos || text.find('\'' + value + '\'') != text.npos;
  if (!is_quoted) out.insert(value + ": a date, which becomes a string");
}

std::vector<std::string> respelled(format kind, std::string_view text, adopted const& what) {
  if (kind == format::ini || kind == format::env) return respelled_lines(text, what.rendered);
  std::set<std::string> dates;
  if (kind == format::toml) find_dates(text, what.values, dates);
  return {dates.begin(), dates.end()};
}

} // namespace

result<adopted> adopt_text(format kind, std::string_view text) {
  limits const bounds;
  auto read = watchers::read_source(kind, text, bounds);
  if (!read) return read.error();
  if (auto clean = check_no_null("", read->root); !clean) return clean.error();
  auto rendered = watchers::write_source(kind, read->root, bounds);
  if (!rendered) return rendered.error();
  adopted out{.kind = kind,
              .text = std::string(text),
              .values = std::move(read->root),
              .rendered = *std::move(rendered)};
  for (auto const& note : read->notes)
    out.notes.push_back(std::to_string(note.where.line) + ": " + note.message);
  out.respelled = respelled(kind, text, out);
  return out;
}

} // namespace cfgd::cfgctl::offline
