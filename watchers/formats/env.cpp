#include "watchers/formats/env.hpp"

#include "watchers/formats/document_builder.hpp"
#include "watchers/formats/lines.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/value.hpp>

#include <utility>

// The part of .env files that shells, systemd's EnvironmentFile= and dotenv libraries agree on: one
// assignment a line, quotes around a whole value, values over several lines in double quotes, no
// expansion. What only some of them support ("$NAME", quotes in the middle) is plain text or an
// error.

namespace cfgd::watchers::formats {

namespace {

bool is_name_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_';
}

class env_reader {
 public:
  explicit env_reader(limits const& bounds) : bounds_(bounds), document_(bounds) {}

  result<sourced_value> read(std::string_view text) {
    if (auto fine = check_line_ends(text); !fine) return fine.error();
    lines_ = line_reader(text);
    while (auto const line = lines_.next()) {
      if (auto done = read_line(*line); !done) return done.error();
    }
    return document_.finish();
  }

 private:
  result<void> read_line(text_line const& line) {
    std::string_view const text = line.text;
    std::size_t begin = skip_blanks(text, 0);
    if (begin == text.size() || text[begin] == '#') return {};
    if (constexpr std::string_view word = "export"; text.substr(begin).starts_with(word) &&
                                                    begin + word.size() < text.size() &&
                                                    is_blank(text[begin + word.size()]))
      begin = skip_blanks(text, begin + word.size());
    std::size_t end = begin;
    while (end < text.size() && is_name_byte(text[end]))
      ++end;
    std::size_t const sign = skip_blanks(text, end);
    if (sign == text.size() || text[sign] != '=')
      return make_parse_error(line.at(end),
                              "expected NAME=value; a name has letters, digits and '_'");
    auto const path = split_variable(text.substr(begin, end - begin));
    if (!path)
      return make_parse_error(line.at(begin), "a part of the name is empty ('__' separates parts)");
    std::size_t const value_begin = skip_blanks(text, sign + 1);
    remark_.clear();
    auto value = read_value(line, value_begin);
    if (!value) return value.error();
    auto done = document_.set(document_builder::root, *path, line.at(begin), *std::move(value));
    if (done && !remark_.empty()) document_.add_note("range", remark_, line.at(value_begin));
    return done;
  }

  result<boost::json::value> read_value(text_line const& line, std::size_t begin) {
    if (begin < line.text.size() && line.text[begin] == '\'') return read_literal(line, begin);
    if (begin < line.text.size() && line.text[begin] == '"') return read_escaped(line, begin);
    return read_plain(line, begin);
  }

  static result<boost::json::value> read_literal(text_line const& line, std::size_t begin) {
    std::size_t const end = line.text.find('\'', begin + 1);
    if (end == line.text.npos) return make_parse_error(line.at(begin), "missing closing quote");
    if (auto alone = check_end(line, end + 1); !alone) return alone.error();
    return boost::json::value(line.text.substr(begin + 1, end - begin - 1));
  }

  /// A value in double quotes, which may go on in the next lines.
  result<boost::json::value> read_escaped(text_line const& first, std::size_t begin) {
    std::string out;
    text_line line = first;
    std::size_t at = begin + 1;
    for (;;) {
      if (at >= line.text.size()) {
        auto const next = lines_.next();
        if (!next) return make_parse_error(first.at(begin), "missing closing quote");
        line = *next;
        at = 0;
        out += '\n';
        continue;
      }
      char const byte = line.text[at++];
      if (byte == '"') break;
      if (byte != '\\') {
        out += byte;
        continue;
      }
      constexpr std::string_view letters = "nt\"\\$`";
      constexpr std::string_view meanings = "\n\t\"\\$`";
      auto const which = at < line.text.size() ? letters.find(line.text[at]) : letters.npos;
      if (which == letters.npos)
        return make_parse_error(line.at(at - 1), R"(unknown escape; valid are \n \t \" \\ \$ \`)");
      out += meanings[which];
      ++at;
    }
    if (auto alone = check_end(line, at); !alone) return alone.error();
    return boost::json::value(out);
  }

  /// After a closing quote only a comment is allowed.
  static result<void> check_end(text_line const& line, std::size_t from) {
    std::size_t const rest = skip_blanks(line.text, from);
    if (rest == line.text.size() || line.text[rest] == '#') return {};
    return make_parse_error(line.at(rest), "unexpected text after the closing quote");
  }

  result<boost::json::value> read_plain(text_line const& line, std::size_t begin) {
    auto const whole = trim(line.text.substr(begin));
    auto value = interpret(line, begin, whole);
    // JSON strings may contain " #", so JSON is tried first; only other text can end in a comment.
    if (!value || !value->is_string()) return value;
    for (std::size_t at = whole.find('#'); at != whole.npos; at = whole.find('#', at + 1)) {
      if (at == 0 || is_blank(whole[at - 1]))
        return interpret(line, begin, trim(whole.substr(0, at)));
    }
    return value;
  }

  result<boost::json::value> interpret(text_line const& line, std::size_t begin,
                                       std::string_view text) {
    auto value = read_variable(text, bounds_);
    remark_ = remark_on_text(text);
    if (value) return value;
    error refused = value.error();
    if (refused.code != errc::limit) refused.code = errc::parse;
    refused.where = line.at(begin);
    return refused;
  }

  limits const& bounds_;
  document_builder document_;
  line_reader lines_{{}};
  std::string remark_; ///< on the value at hand
};

} // namespace

std::optional<std::vector<std::string>> split_variable(std::string_view name) {
  std::vector<std::string> parts(1);
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name.substr(at).starts_with("__")) {
      if (parts.back().empty()) return std::nullopt;
      parts.emplace_back();
      ++at;
    } else {
      bool const is_upper = name[at] >= 'A' && name[at] <= 'Z';
      parts.back() += is_upper ? static_cast<char>(name[at] - 'A' + 'a') : name[at];
    }
  }
  if (parts.back().empty()) return std::nullopt;
  return parts;
}

result<sourced_value> read_env(std::string_view text, limits const& bounds) {
  return env_reader(bounds).read(text);
}

} // namespace cfgd::watchers::formats
