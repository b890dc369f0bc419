#include "watchers/formats/ini.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "core/untyped.hpp"
#include "watchers/formats/document_builder.hpp"
#include "watchers/formats/lines.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <utility>

// There is no standard of .ini. The rules are those that Python's configparser, git, PHP and
// systemd share, and where one of them is silent about a mistake (a line without "=", a header
// without "]", a name with an operator in it) this reader rejects it. A "#" or ";" after a value
// without quotes belongs to the value, because colours and passwords contain them.
//
// A value may go on in lines that are indented deeper than its key, so it is kept until a line
// shows that it is complete.

namespace cfgd::watchers::formats {

namespace {

constexpr std::string_view dots_nest_setting = "cfgd: dots-nest";
/// What `requests>=2` has: a line like that is not meant as a key.
constexpr std::string_view not_in_keys = "\"'<>!~";
constexpr std::string_view not_in_sections = "\"'";

bool is_quote(char byte) { return byte == '"' || byte == '\''; }
bool begins_comment(std::string_view text, std::size_t at) {
  return text[at] == ';' || text[at] == '#';
}

/// The offset of the quote that closes the one at `begin`; npos if it is missing.
std::size_t find_quote_end(std::string_view text, std::size_t begin) {
  char const quote = text[begin];
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (text[at] == quote) return at;
    if (text[at] == '\\' && quote == '"') ++at;
  }
  return text.npos;
}

/// How one kind of name is written.
struct name_rules {
  std::string_view terminators;
  std::string_view forbidden; ///< outside quotes
  bool dots_separate = true;
  bool quotes_begin_part = false; ///< [section "name"], as git writes it
};

class ini_reader {
 public:
  ini_reader(limits const& bounds, repeated_keys repeated) : document_(bounds, repeated) {}

  result<sourced_value> read(std::string_view text) {
    if (auto fine = check_line_ends(text); !fine) return fine.error();
    line_reader lines(text);
    while (auto const line = lines.next()) {
      if (auto done = read_line(*line); !done) return done.error();
    }
    if (auto done = finish_value(); !done) return done.error();
    return document_.finish();
  }

 private:
  struct name {
    std::vector<std::string> parts;
    std::size_t end = 0; ///< the offset of the terminator; size() if it is missing
  };

  /// A key whose value may go on in the next line.
  struct open_value {
    std::vector<std::string> path;
    place at;
    place value_at;
    std::size_t indent = 0;
    std::string text = {};
    bool in_quotes = false;
    std::size_t empty_lines = 0; ///< since the last line of the value
    std::optional<place> looks_like_key = {};
  };

  result<void> read_line(text_line const& line) {
    std::size_t const begin = skip_blanks(line.text, 0);
    if (begin == line.text.size()) {
      if (open_) ++open_->empty_lines;
      return {};
    }
    if (begins_comment(line.text, begin)) {
      bool const is_setting = trim(line.text.substr(begin + 1)) == dots_nest_setting;
      if (is_setting && !has_begun_) keys_.dots_separate = true;
      return {};
    }
    has_begun_ = true;
    if (open_ && begin > open_->indent) return continue_value(line, begin);
    if (auto done = finish_value(); !done) return done.error();
    return line.text[begin] == '[' ? read_header(line, begin) : read_member(line, begin);
  }

  result<void> read_header(text_line const& line, std::size_t begin) {
    auto found = read_name(line, begin + 1, sections_);
    if (!found) return found.error();
    if (found->end == line.text.size())
      return make_parse_error(line.at(begin), "missing ']' after the section name");
    if (auto const rest = skip_blanks(line.text, found->end + 1);
        rest != line.text.size() && !begins_comment(line.text, rest))
      return make_parse_error(line.at(rest), "unexpected text after the section name");
    auto opened = document_.open(found->parts, line.at(begin));
    if (!opened) return opened.error();
    section_ = *opened;
    return {};
  }

  result<void> read_member(text_line const& line, std::size_t begin) {
    if (line.text.find_first_of(keys_.terminators, begin) == line.text.npos)
      return make_parse_error(line.at(begin), "expected 'key = value', '[section]' or a comment; "
                                              "indent the line if it continues a value");
    auto found = read_name(line, begin, keys_);
    if (!found) return found.error();
    if (found->end == line.text.size())
      return make_parse_error(line.at(begin), "missing '=' after the key");
    auto const value_begin = skip_blanks(line.text, found->end + 1);
    open_ = {.path = std::move(found->parts),
             .at = line.at(begin),
             .value_at = line.at(value_begin),
             .indent = begin};
    bool const in_quotes = value_begin < line.text.size() && is_quote(line.text[value_begin]);
    if (in_quotes) return read_quoted(line, value_begin);
    open_->text = trim(line.text.substr(value_begin));
    return {};
  }

  /// A value in quotes. Only blanks and a comment may follow it.
  result<void> read_quoted(text_line const& line, std::size_t begin) {
    std::size_t const end = find_quote_end(line.text, begin);
    if (end == line.text.npos) return make_parse_error(line.at(begin), "missing closing quote");
    if (auto const rest = skip_blanks(line.text, end + 1);
        rest != line.text.size() && !begins_comment(line.text, rest))
      return make_parse_error(line.at(rest), "unexpected text after the closing quote");
    open_->in_quotes = true;
    if (line.text[begin] == '\'') {
      open_->text = line.text.substr(begin + 1, end - begin - 1);
      return {};
    }
    auto const parsed = json::parse(line.text.substr(begin, end + 1 - begin));
    if (parsed) {
      open_->text = parsed->get_string();
      return {};
    }
    return explain_quoted(line, begin, parsed.error());
  }

  static error explain_quoted(text_line const& line, std::size_t begin, error const& why) {
    place at = line.at(begin);
    if (why.where.column > 0) at.column += why.where.column - 1;
    bool const is_escape = why.message.starts_with("unexpected '");
    return make_parse_error(at, is_escape ? "unknown escape in double quotes; write \\\\ for a "
                                            "backslash, or use single quotes"
                                          : why.message);
  }

  result<void> continue_value(text_line const& line, std::size_t begin) {
    open_value& value = *open_;
    if (value.in_quotes)
      return make_parse_error(line.at(begin), "a value in quotes ends in its line; a line that is "
                                              "indented deeper than a key continues its value");
    bool const looks_like_key =
        line.text[begin] == '[' || line.text.find(" = ", begin) != line.text.npos;
    if (!value.text.empty()) {
      value.text.append(value.empty_lines + 1, '\n');
      if (looks_like_key && !value.looks_like_key) value.looks_like_key = line.at(begin);
    }
    value.empty_lines = 0;
    value.text += trim(line.text.substr(begin));
    return {};
  }

  result<void> finish_value() {
    if (!open_) return {};
    auto value = *std::exchange(open_, std::nullopt);
    auto what = value.in_quotes ? boost::json::value(value.text) : value_of_text(value.text);
    auto done = document_.set(section_, value.path, value.at, std::move(what));
    if (!done) return done;
    if (auto remark = remark_on_text(value.text); !remark.empty() && !value.in_quotes)
      document_.add_note("range", std::move(remark), value.value_at);
    if (value.looks_like_key)
      document_.add_note("continuation",
                         "the line continues the value of " + in_quotes(value.path.back()) +
                             ", because it is indented deeper; remove the indentation if it is a "
                             "key or a section",
                         *value.looks_like_key);
    return {};
  }

  static result<name> read_name(text_line const& line, std::size_t at, name_rules const& rules) {
    name found;
    for (;;) {
      at = skip_blanks(line.text, at);
      auto part = read_part(line, at, rules);
      if (!part) return part.error();
      found.parts.push_back(std::move(part->first));
      at = skip_blanks(line.text, part->second);
      if (at == line.text.size() || rules.terminators.find(line.text[at]) != rules.terminators.npos)
        break;
      if (is_quote(line.text[at]) && rules.quotes_begin_part && is_blank(line.text[at - 1]))
        continue;
      if (line.text[at] != '.' || !rules.dots_separate)
        return make_parse_error(line.at(at), "unexpected text after a quoted name");
      ++at;
    }
    found.end = at;
    return found;
  }

  /// The part and the offset after it.
  static result<std::pair<std::string, std::size_t>>
  read_part(text_line const& line, std::size_t begin, name_rules const& rules) {
    if (begin < line.text.size() && is_quote(line.text[begin])) {
      std::size_t const end = find_quote_end(line.text, begin);
      if (end == line.text.npos) return make_parse_error(line.at(begin), "missing closing quote");
      auto parts = split_dotted(line.text.substr(begin, end + 1 - begin));
      if (!parts) return make_parse_error(line.at(begin), parts.error().message);
      return std::pair(std::move(parts->front()), end + 1);
    }
    std::size_t end = begin;
    while (end < line.text.size() && !(line.text[end] == '.' && rules.dots_separate) &&
           rules.terminators.find(line.text[end]) == rules.terminators.npos) {
      if (is_quote(line.text[end]) && rules.quotes_begin_part && is_blank(line.text[end - 1]))
        break;
      if (rules.forbidden.find(line.text[end]) != rules.forbidden.npos)
        return make_parse_error(line.at(end), std::string("unexpected ") + line.text[end] +
                                                  " in a name; put the name in quotes, or indent "
                                                  "the line if it continues a value");
      ++end;
    }
    auto const part = trim(line.text.substr(begin, end - begin));
    if (part.empty())
      return make_parse_error(line.at(begin), "empty name; write \"\" if this is intended");
    return std::pair(std::string(part), end);
  }

  static constexpr name_rules sections_{
      .terminators = "]", .forbidden = not_in_sections, .quotes_begin_part = true};

  document_builder document_;
  document_builder::section section_ = document_builder::root;
  name_rules keys_{.terminators = "=:", .forbidden = not_in_keys, .dots_separate = false};
  std::optional<open_value> open_;
  bool has_begun_ = false;
};

} // namespace

result<sourced_value> read_ini(std::string_view text, limits const& bounds,
                               repeated_keys repeated) {
  return ini_reader(bounds, repeated).read(text);
}

} // namespace cfgd::watchers::formats
