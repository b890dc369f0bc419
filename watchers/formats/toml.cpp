#include "watchers/formats/toml.hpp"

#include "core/text.hpp"
#include "core/untyped.hpp"
#include "watchers/formats/toml_guard.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

// TOML with toml++, linked as the shared library: as a header-only library it asserts on bad input.
// Its tables are sorted by name and have the position of every key; members are put back into the
// order of the text, which is also the order of the places.
//
// JSON has no dates. They are copied from the text and not from the parsed value, so that nothing
// is lost (12:00:00.500 keeps its zeros); only the blank and the small letters that TOML allows in
// addition to RFC 3339 become "T" and "Z".
//
// toml++ quotes parts of the text in its messages, and a value may be a secret. What is quoted is
// hidden unless it is a single character or the name of a key. Its position is where it stopped;
// for a number, a boolean and a date an error has the place where the value begins.

namespace cfgd::watchers::formats {

namespace {

place to_place(toml::source_position const& position) {
  return {.line = position.line, .column = position.column};
}

/// Finds bytes by line and column. Positions of one line should be requested in ascending order.
class position_finder {
 public:
  explicit position_finder(std::string_view text) : text_(text) {}

  std::string_view from(toml::source_position const& wanted) {
    if (lines_.empty()) index_lines();
    if (wanted.line != line_ || wanted.column < column_) {
      line_ = wanted.line;
      column_ = 1;
      at_ = lines_[line_ - 1];
    }
    while (column_ < wanted.column && at_ < text_.size()) {
      ++at_;
      if (at_ == text_.size() || (static_cast<unsigned char>(text_[at_]) & 0xC0U) != 0x80U)
        ++column_;
    }
    return text_.substr(at_);
  }

 private:
  void index_lines() {
    lines_.push_back(0);
    for (std::size_t at = text_.find('\n'); at != text_.npos; at = text_.find('\n', at + 1))
      lines_.push_back(at + 1);
  }

  std::string_view text_;
  std::vector<std::size_t> lines_;
  std::size_t line_ = 0;
  std::size_t column_ = 1;
  std::size_t at_ = 0;
};

/// The date or time at the start of the text, in the form of RFC 3339.
std::string to_rfc3339_form(std::string_view text) {
  constexpr std::size_t date_length = 10; // 2026-11-23
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char const byte = text[at];
    bool const is_digit = byte >= '0' && byte <= '9';
    bool const parts_date_and_time = byte == ' ' && at == date_length && text[4] == '-' &&
                                     at + 1 < text.size() && text[at + 1] >= '0' &&
                                     text[at + 1] <= '9';
    if (byte == 't' || byte == 'T' || parts_date_and_time)
      out += 'T';
    else if (byte == 'z' || byte == 'Z')
      out += 'Z';
    else if (is_digit || byte == '-' || byte == '+' || byte == ':' || byte == '.')
      out += byte;
    else
      break;
  }
  return out;
}

class toml_converter {
 public:
  toml_converter(std::string_view text, limits const& bounds) : find_(text), bounds_(bounds) {}

  std::optional<error> convert(toml::table const& from, boost::json::object& into,
                               std::size_t depth) {
    if (depth > bounds_.file_depth) return too_deep(from, depth);
    std::vector<std::pair<toml::key const*, toml::node const*>> members;
    members.reserve(from.size());
    for (auto&& [name, node] : from)
      members.emplace_back(&name, &node);
    std::sort(members.begin(), members.end(), [](auto const& left, auto const& right) {
      auto const& before = left.first->source().begin;
      auto const& behind = right.first->source().begin;
      return std::pair(before.line, before.column) < std::pair(behind.line, behind.column);
    });
    into.reserve(members.size());
    for (auto const& [name, node] : members) {
      if (auto refused = count(to_place(name->source().begin))) return refused;
      auto& value = into.emplace(name->str(), nullptr).first->value();
      if (auto refused = convert_node(*node, value, depth)) return refused;
    }
    return std::nullopt;
  }

  std::vector<place> take_places() { return std::move(places_); }

 private:
  std::optional<error> convert(toml::array const& from, boost::json::array& into,
                               std::size_t depth) {
    if (depth > bounds_.file_depth) return too_deep(from, depth);
    into.reserve(from.size());
    for (auto const& node : from) {
      if (auto refused = count(to_place(node.source().begin))) return refused;
      if (auto refused = convert_node(node, into.emplace_back(nullptr), depth)) return refused;
    }
    return std::nullopt;
  }

  std::optional<error> convert_node(toml::node const& from, boost::json::value& into,
                                    std::size_t depth) {
    switch (from.type()) {
    case toml::node_type::table:
      return convert(*from.as_table(), into.emplace_object(), depth + 1);
    case toml::node_type::array:
      return convert(*from.as_array(), into.emplace_array(), depth + 1);
    case toml::node_type::string:
      into.emplace_string() = from.as_string()->get();
      break;
    case toml::node_type::integer:
      into = from.as_integer()->get();
      break;
    case toml::node_type::boolean:
      into = from.as_boolean()->get();
      break;
    case toml::node_type::floating_point:
      into = from.as_floating_point()->get();
      if (!std::isfinite(into.get_double()))
        return make_parse_error(to_place(from.source().begin), "inf and nan are not JSON numbers");
      break;
    default: // a date, a time, or both
      into = to_rfc3339_form(find_.from(from.source().begin));
      break;
    }
    return std::nullopt;
  }

  std::optional<error> count(place at) {
    places_.push_back(at);
    if (places_.size() <= bounds_.file_elements) return std::nullopt;
    error refused = make_limit_error("file_elements", places_.size(), bounds_.file_elements);
    refused.where = at;
    return refused;
  }

  error too_deep(toml::node const& node, std::size_t depth) const {
    error refused = make_limit_error("file_depth", depth, bounds_.file_depth);
    refused.where = to_place(node.source().begin);
    return refused;
  }

  position_finder find_;
  limits const& bounds_;
  std::vector<place> places_;
};

/// A message of toml++: "Error while parsing WHAT: MESSAGE".
struct toml_message {
  std::string_view context; ///< what was parsed: "decimal integer", "table header"
  std::string_view text;
};

toml_message split_message(std::string_view whole) {
  constexpr std::string_view prefix = "Error while parsing ";
  auto const colon = whole.find(": ");
  if (!whole.starts_with(prefix) || colon == whole.npos) return {.context = {}, .text = whole};
  return {.context = whole.substr(prefix.size(), colon - prefix.size()),
          .text = whole.substr(colon + 2)};
}

/// Whether a quoted piece is one character or one escape such as \q.
bool is_single(std::string_view piece) {
  if (piece.size() == 2 && piece.front() == '\\') return true;
  auto const is_start = [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  };
  return std::count_if(piece.begin(), piece.end(), is_start) == 1;
}

/// The message with all quoted pieces hidden that are longer than a character. A piece that is not
/// closed (toml++ cuts long messages) ends the message.
std::string hide_pieces(std::string_view message) {
  std::string out;
  while (true) {
    auto const open = message.find('\'');
    out += message.substr(0, open);
    if (open == message.npos) return out;
    bool const is_quoted_quote = message.substr(open).starts_with("'''");
    auto const close = is_quoted_quote ? open + 2 : message.find('\'', open + 1);
    if (close == message.npos) return out + "'...'";
    auto const piece = message.substr(open + 1, close - open - 1);
    out += is_single(piece) ? "'" + std::string(piece) + "'" : "'...'";
    message.remove_prefix(close + 1);
  }
}

/// "cannot redefine existing integer 'a'", "... array 'a' as array-of-tables".
std::string describe_redefined(std::string_view text) {
  auto const open = text.find('\'');
  if (open == text.npos) return "a part of the key has a value already";
  // A long message is cut, then the closing quote is missing.
  auto const last = text.rfind('\'');
  auto const close = last > open ? last : text.size();
  auto const name = in_quotes(text.substr(open + 1, close - open - 1));
  if (close + 1 < text.size())
    return name + " cannot be redefined" + std::string(text.substr(close + 1));
  bool const is_table = text.substr(0, open).find("table") != text.npos;
  return (is_table ? "the table " + name + " is defined already" : "duplicate key " + name) +
         "; remove one of them";
}

/// What the end of the text means in each context.
std::string_view describe_end(std::string_view context) {
  if (context.find("string") != context.npos) return "missing closing quote";
  if (context == "table header") return "missing ']' after the table name";
  if (context == "array") return "missing ']' after the array";
  if (context == "inline table") return "missing '}' after the table";
  if (context == "key-value pair") return "missing value; expected key = value";
  return "the value is incomplete; put text in quotes";
}

std::string describe(toml_message const& what) {
  constexpr std::string_view keep_it = "; quote it to keep it as text";
  auto const has = [&](std::string_view words) { return what.text.find(words) != what.text.npos; };
  if (has("cannot redefine existing")) return describe_redefined(what.text);
  if (has("end-of-file")) return std::string(describe_end(what.context));
  if (has("is not representable in 64 bits"))
    return std::string(integer_range_message).append(keep_it);
  if (has("could not be interpreted as a value"))
    return std::string(double_range_message).append(keep_it);
  if (has("leading zero")) return std::string("a number cannot begin with 0").append(keep_it);
  if (has("could not determine value type") || has("value-terminator"))
    return "not a value of TOML; put text in quotes";
  auto hidden = hide_pieces(what.text);
  // Another word than true, false, inf or nan.
  if (hidden.starts_with("expected '...'")) return "not a value of TOML; put text in quotes";
  if (auto const saw = hidden.rfind(", saw "); saw != hidden.npos) {
    // A part of a date, without quotes.
    bool const is_number = hidden.find_first_not_of("-0123456789", saw + 6) == hidden.npos;
    if (is_number) hidden.resize(saw);
  }
  constexpr std::string_view after_value = "expected a comment or whitespace, saw ";
  if (hidden.starts_with(after_value))
    return "unexpected " + hidden.substr(after_value.size()) +
           "; only a comment may follow a value in its line";
  constexpr std::string_view in_root = "expected keys, tables, whitespace or comments, saw ";
  if (hidden.starts_with(in_root))
    return "expected a key, a table or a comment, not " + hidden.substr(in_root.size());
  return hidden;
}

/// Moves an offset behind or in a plain value to its begin.
std::size_t begin_of_value(std::string_view text, std::size_t at) {
  constexpr std::string_view bytes =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_+-.:";
  while (at > 0 && bytes.find(text[at - 1]) != bytes.npos)
    --at;
  return at;
}

/// The offset of the key in "key = " before `at`, if there is nothing else in the line.
std::size_t begin_of_key(std::string_view text, std::size_t at) {
  auto const line = text.substr(0, at).rfind('\n') + 1; // 0 if there is none
  auto const before = text.substr(line, at - line);
  auto const first = before.find_first_not_of(" \t");
  bool const is_key = first != before.npos && before.find_first_of("{,[") == before.npos &&
                      before.find('=') != before.npos;
  return is_key ? line + first : at;
}

error explain(std::string_view text, toml::parse_error const& failure) {
  auto const what = split_message(failure.description());
  auto const position = failure.source().begin;
  std::size_t const at = text.size() - position_finder(text).from(position).size();
  bool const is_plain_value = what.context.find("integer") != what.context.npos ||
                              what.context == "floating-point" || what.context == "boolean" ||
                              what.context == "date" || what.context == "time" ||
                              what.context == "date-time";
  place where = to_place(position);
  if (is_plain_value)
    where = place_at(text, begin_of_value(text, at));
  else if (what.text.find("cannot redefine") != what.text.npos)
    where = place_at(text, begin_of_key(text, at));
  return make_parse_error(where, describe(what));
}

} // namespace

result<sourced_value> read_toml(std::string_view text, limits const& bounds) {
  if (auto small_enough = check_toml_size(text, bounds); !small_enough) return small_enough.error();
  toml::table parsed;
  try {
    parsed = toml::parse(text, std::string_view());
  } catch (toml::parse_error const& failure) {
    return explain(text, failure);
  }
  sourced_value out{.root = boost::json::object(), .places = {}};
  toml_converter converter(text, bounds);
  if (auto refused = converter.convert(parsed, out.root.as_object(), 1)) return *std::move(refused);
  out.places = converter.take_places();
  return out;
}

} // namespace cfgd::watchers::formats
