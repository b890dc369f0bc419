#include "watchers/formats/toml.hpp"

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
// toml++ quotes parts of the text in its messages, and a value may be a secret. Only names of keys
// that cannot be redefined are kept.

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

/// A message of toml++ without values in quotes.
std::string describe(std::string_view message) {
  constexpr std::string_view prefix = "Error while parsing ";
  if (message.starts_with(prefix)) {
    if (auto const colon = message.find(": "); colon != message.npos)
      message.remove_prefix(colon + 2);
  }
  constexpr std::string_view redefined = "cannot redefine existing ";
  auto const open = message.find('\'');
  if (open == message.npos) return std::string(message);
  // A long message is cut by toml++, then the closing quote is missing.
  auto const last = message.rfind('\'');
  auto const close = last > open ? last : message.size();
  std::string out(message.substr(0, open));
  if (message.starts_with(redefined))
    out += quoted(message.substr(open + 1, close - open - 1));
  else
    out += close > open + 2 ? "'...'" : message.substr(open, 3);
  out += message.substr(std::min(close + 1, message.size()));
  return out;
}

} // namespace

result<sourced_value> read_toml(std::string_view text, limits const& bounds) {
  if (auto small_enough = check_toml_size(text, bounds); !small_enough) return small_enough.error();
  toml::table parsed;
  try {
    parsed = toml::parse(text, std::string_view());
  } catch (toml::parse_error const& failure) {
    return make_parse_error(to_place(failure.source().begin), describe(failure.description()));
  }
  sourced_value out{.root = boost::json::object(), .places = {}};
  toml_converter converter(text, bounds);
  if (auto refused = converter.convert(parsed, out.root.as_object(), 1)) return *std::move(refused);
  out.places = converter.take_places();
  return out;
}

} // namespace cfgd::watchers::formats
