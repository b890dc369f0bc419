#include "watchers/formats/ini.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "watchers/formats/document_builder.hpp"
#include "watchers/formats/lines.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

// There is no standard of .ini, so this reader uses the least surprising rules. What other readers
// ignore silently is an error here: a line without "=", a header without "]", a key that is set
// twice. A "#" or ";" after a value belongs to the value, because colours and passwords contain
// them.
//
// A JSON number that is out of range is an error and not a string: otherwise a number would change
// its type when it grows. In quotes it is a string.

namespace cfgd::watchers::formats {

namespace {

class ini_reader {
 public:
  explicit ini_reader(limits const& bounds) : document_(bounds) {}

  result<sourced_value> read(std::string_view text) {
    line_reader lines(text);
    while (auto const line = lines.next()) {
      if (auto done = read_line(*line); !done) return done.error();
    }
    return document_.finish();
  }

 private:
  struct dotted_name {
    std::vector<std::string> parts;
    std::size_t end = 0; ///< the offset of the terminator; size() if it is missing
  };

  result<void> read_line(text_line const& line) {
    std::size_t const begin = skip_blanks(line.text, 0);
    if (begin == line.text.size() || line.text[begin] == ';' || line.text[begin] == '#') return {};
    return line.text[begin] == '[' ? read_header(line, begin) : read_member(line, begin);
  }

  result<void> read_header(text_line const& line, std::size_t begin) {
    auto name = read_name(line, begin + 1, ']');
    if (!name) return name.error();
    if (name->end == line.text.size())
      return make_parse_error(line.at(begin), "missing ']' after the section name");
    if (auto const rest = skip_blanks(line.text, name->end + 1); rest != line.text.size())
      return make_parse_error(line.at(rest), "unexpected text after the section name");
    auto opened = document_.open(name->parts, line.at(begin));
    if (!opened) return opened.error();
    section_ = *opened;
    return {};
  }

  result<void> read_member(text_line const& line, std::size_t begin) {
    if (line.text.find('=', begin) == line.text.npos)
      return make_parse_error(line.at(begin), "expected 'key = value', '[section]' or a comment");
    auto name = read_name(line, begin, '=');
    if (!name) return name.error();
    if (name->end == line.text.size())
      return make_parse_error(line.at(begin), "missing '=' after the key");
    auto value = read_value(line, skip_blanks(line.text, name->end + 1));
    if (!value) return value.error();
    return document_.set(section_, name->parts, line.at(begin), *std::move(value));
  }

  static result<dotted_name> read_name(text_line const& line, std::size_t at, char terminator) {
    dotted_name name;
    for (;;) {
      at = skip_blanks(line.text, at);
      auto part = read_part(line, at, terminator);
      if (!part) return part.error();
      name.parts.push_back(std::move(part->first));
      at = skip_blanks(line.text, part->second);
      if (at == line.text.size() || line.text[at] == terminator) break;
      if (line.text[at] != '.')
        return make_parse_error(line.at(at), "unexpected text after a quoted name");
      ++at;
    }
    name.end = at;
    return name;
  }

  /// The part and the offset after it.
  static result<std::pair<std::string, std::size_t>> read_part(text_line const& line,
                                                               std::size_t begin, char terminator) {
    if (begin < line.text.size() && (line.text[begin] == '"' || line.text[begin] == '\'')) {
      std::size_t const end = find_quote_end(line.text, begin);
      if (end == line.text.npos) return make_parse_error(line.at(begin), "missing closing quote");
      auto parts = split_dotted(line.text.substr(begin, end + 1 - begin));
      if (!parts) return make_parse_error(line.at(begin), parts.error().message);
      return std::pair(std::move(parts->front()), end + 1);
    }
    std::size_t end = begin;
    while (end < line.text.size() && line.text[end] != '.' && line.text[end] != terminator)
      ++end;
    auto const part = trim(line.text.substr(begin, end - begin));
    if (part.empty())
      return make_parse_error(line.at(begin), "empty name; write \"\" if this is intended");
    return std::pair(std::string(part), end);
  }

  /// The offset of the quote that closes the one at `begin`; npos if it is missing.
  static std::size_t find_quote_end(std::string_view text, std::size_t begin) {
    char const quote = text[begin];
    for (std::size_t at = begin + 1; at < text.size(); ++at) {
      if (text[at] == quote) return at;
      if (text[at] == '\\' && quote == '"') ++at;
    }
    return text.npos;
  }

  static result<boost::json::value> read_value(text_line const& line, std::size_t begin) {
    auto const text = trim(line.text.substr(begin));
    if (text == "true") return boost::json::value(true);
    if (text == "false") return boost::json::value(false);
    bool const in_quotes =
        text.starts_with('"') && find_quote_end(text, 0) + 1 == text.size() && text.size() > 1;
    if (!in_quotes && !is_json_number(text)) return boost::json::value(text);
    auto parsed = json::parse(text);
    if (parsed) return parsed;
    error const& why = parsed.error();
    std::size_t const column = why.where.column > 0 ? why.where.column - 1 : 0;
    place const start = line.at(begin);
    return make_parse_error(
        {.line = start.line, .column = start.column + static_cast<std::uint32_t>(column)},
        in_quotes ? why.message : why.message + "; quote it to keep it as text");
  }

  /// RFC 8259, section 6.
  static bool is_json_number(std::string_view text) {
    auto const take_digits = [&text] {
      std::size_t const count = std::min(text.find_first_not_of("0123456789"), text.size());
      text.remove_prefix(count);
      return count;
    };
    auto const take = [&text](std::string_view any_of) {
      bool const found = !text.empty() && any_of.find(text.front()) != any_of.npos;
      if (found) text.remove_prefix(1);
      return found;
    };
    take("-");
    bool const leading_zero = text.starts_with('0');
    std::size_t const digits = take_digits();
    if (digits == 0 || (leading_zero && digits > 1)) return false;
    if (take(".") && take_digits() == 0) return false;
    if (take("eE")) {
      take("+-");
      if (take_digits() == 0) return false;
    }
    return text.empty();
  }

  document_builder document_;
  document_builder::section section_ = document_builder::root;
};

} // namespace

result<sourced_value> read_ini(std::string_view text, limits const& bounds) {
  return ini_reader(bounds).read(text);
}

} // namespace cfgd::watchers::formats
