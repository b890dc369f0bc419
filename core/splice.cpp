#include "core/splice.hpp"

#include "core/json.hpp"
#include "core/json_scan.hpp"

#include <boost/assert.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

// Members are ordered by the bytes of their names, and the paths come in that order, so each search
// goes on where the one before has stopped, in the innermost object that both have in common.
//
// Commas belong to nobody: one is written before a member unless it is the first of its object, and
// those that the copied bytes begin with are dropped where that would be the first.

namespace cfgd::canonical {
namespace {

/// Whether the member whose quoted name is given comes before the one with this name.
bool is_before(std::string_view quoted, std::string_view name) {
  auto const inner = quoted.substr(1, quoted.size() - 2);
  if (inner.find('\\') == inner.npos) return inner < name;
  auto const read = json::parse(quoted);
  BOOST_ASSERT(read && read->is_string());
  return std::string_view(read->get_string()) < name;
}

std::size_t behind_value(std::string_view text, std::size_t at) {
  return text[at] == '{' ? json::skip_brackets(text, at) : json::skip_leaf(text, at);
}

/// Appends a part of the old text.
void copy(std::string& out, std::string_view part) {
  if (part.empty()) return;
  if (out.back() == '{' && part.front() == ',') part.remove_prefix(1);
  if (out.back() != '{' && part.front() == '"') out += ',';
  out += part;
}

} // namespace

/// Goes from `here.from`, where a member begins or its object ends, to the one with this name, or
/// where it would be. Returns whether it is there; `value` is where its value begins.
bool splice::go_to(std::string_view name, edit& here, std::size_t& value) const {
  here.name.clear();
  json::append_string(here.name, name);
  auto& at = here.from;
  while (at < text_.size() && text_[at] == '"') {
    auto const end = json::skip_string(text_, at);
    auto const quoted = text_.substr(at, end - at);
    value = end + 1;
    if (quoted == here.name) return true;
    if (!is_before(quoted, name)) return false;
    at = behind_value(text_, value);
    if (at < text_.size() && text_[at] == ',') ++at;
  }
  return false;
}

splice::found splice::find(std::span<std::string const> path) {
  BOOST_ASSERT(!path.empty());
  auto const parents = path.first(path.size() - 1);
  auto const common = static_cast<std::size_t>(
      std::mismatch(last_.begin(), last_.end(), parents.begin(), parents.end()).first -
      last_.begin());
  std::size_t depth = std::min(common, at_.size() - 1);
  at_.resize(depth + 1);
  last_.assign(path.begin(), path.end());
  for (;; ++depth) {
    here_ = {.from = at_[depth], .to = 0, .depth = depth, .name = {}, .value = {}};
    std::size_t value = 0;
    bool const is_there = go_to(path[depth], here_, value);
    at_[depth] = here_.from;
    here_.to = here_.from;
    if (!is_there) return {.depth = depth + 1, .value = {}};
    bool const is_tree = text_[value] == '{' && text_[value + 1] != '}';
    if (!is_tree || depth + 1 == path.size()) {
      here_.to = behind_value(text_, value);
      return {.depth = depth + 1, .value = text_.substr(value, here_.to - value)};
    }
    at_.push_back(value + 1);
  }
}

void splice::put(std::string_view value) {
  here_.value = value;
  edits_.push_back(std::move(here_));
}

std::optional<std::string> splice::finish() const {
  std::size_t added = 0;
  for (auto const& one : edits_)
    added += one.name.size() + one.value.size() + 2;
  std::string out;
  out.reserve(text_.size() + added);
  out += '{';
  std::size_t copied = 1;
  bool is_nested_removal = false;
  auto const copy_to = [&](std::size_t end) {
    auto const part = text_.substr(copied, end - copied);
    bool const empties = is_nested_removal && out.back() == '{' && part.starts_with('}');
    copy(out, part);
    if (!part.empty()) is_nested_removal = false;
    return !empties;
  };
  for (auto const& one : edits_) {
    bool const has_comma = one.from > copied && text_[one.from - 1] == ',';
    if (!copy_to(has_comma ? one.from - 1 : one.from)) return std::nullopt;
    copied = one.to > one.from ? one.to : has_comma ? one.from - 1 : one.from;
    if (!one.value.empty()) {
      if (out.back() != '{') out += ',';
      out += one.name;
      out += ':';
      out += one.value;
    }
    is_nested_removal = one.value.empty() && one.depth > 0;
  }
  if (!copy_to(text_.size())) return std::nullopt;
  return out;
}

} // namespace cfgd::canonical
