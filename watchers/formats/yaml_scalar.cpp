#include "watchers/formats/yaml_scalar.hpp"

#include "watchers/formats/sourced_value.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>

// The types of plain scalars follow the core schema of YAML 1.2.2, section 10.3.2, only: "no",
// "on", "12:30" and "1_000" are strings, unlike in YAML 1.1. Numbers of that schema that JSON
// cannot represent (.inf, .nan, integers beyond int64, 1e999) are errors: as a string they would
// have another type.

namespace cfgd::watchers::formats {

namespace {

template <std::size_t Size>
bool is_one_of(std::string_view text, std::array<std::string_view, Size> const& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> null_words{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> true_words{"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> false_words{"false", "False", "FALSE"};
constexpr std::array<std::string_view, 3> infinity_words{".inf", ".Inf", ".INF"};
constexpr std::array<std::string_view, 3> nan_words{".nan", ".NaN", ".NAN"};

error make_fault(std::string message) { return make_parse_error({}, std::move(message)); }

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return text;
}

bool is_all_of(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == text.npos;
}

constexpr std::string_view decimal = "0123456789";

/// The base of an integer; 0: the text is not an integer.
int integer_base(std::string_view text) {
  if (is_all_of(without_sign(text), decimal)) return 10;
  if (text.starts_with("0o") && is_all_of(text.substr(2), "01234567")) return 8;
  if (text.starts_with("0x") && is_all_of(text.substr(2), "0123456789abcdefABCDEF")) return 16;
  return 0;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_float(std::string_view text) {
  text = without_sign(text);
  std::size_t const whole = std::min(text.find_first_not_of(decimal), text.size());
  text.remove_prefix(whole);
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = std::min(text.find_first_not_of(decimal), text.size());
    text.remove_prefix(fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  return is_all_of(without_sign(text.substr(1)), decimal);
}

result<boost::json::value> read_integer(std::string_view text, int base) {
  if (base != 10) text.remove_prefix(2);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failed != std::errc())
    return make_fault("the integer is out of the range of int64; quote it to keep it as text");
  return boost::json::value(number);
}

result<boost::json::value> read_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc())
    return make_fault("the number is out of the range of a double; quote it to keep it as text");
  return boost::json::value(number);
}

bool is_not_finite(std::string_view text) {
  return is_one_of(without_sign(text), infinity_words) || is_one_of(text, nan_words);
}

/// A number of the schema; nullopt: the text is not a number.
std::optional<result<boost::json::value>> read_number(std::string_view text) {
  if (int const base = integer_base(text); base != 0) return read_integer(text, base);
  if (is_float(text)) return read_float(text);
  if (is_not_finite(text))
    return make_fault("infinity and NaN are not JSON numbers; quote them to keep them as text");
  return std::nullopt;
}

} // namespace

result<boost::json::value> resolve_plain(std::string_view text) {
  if (is_one_of(text, null_words)) return boost::json::value(nullptr);
  if (is_one_of(text, true_words)) return boost::json::value(true);
  if (is_one_of(text, false_words)) return boost::json::value(false);
  if (auto number = read_number(text)) return *std::move(number);
  return boost::json::value(text);
}

result<boost::json::value> resolve_tagged(std::string_view tag, std::string_view text) {
  constexpr std::string_view core = "tag:yaml.org,2002:";
  std::string_view const type = tag.starts_with(core) ? tag.substr(core.size()) : "";
  if (tag == "!" || type == "str") return boost::json::value(text);
  if (type == "null" && is_one_of(text, null_words)) return boost::json::value(nullptr);
  if (type == "bool" && is_one_of(text, true_words)) return boost::json::value(true);
  if (type == "bool" && is_one_of(text, false_words)) return boost::json::value(false);
  if (type == "int") {
    if (int const base = integer_base(text); base != 0) return read_integer(text, base);
  }
  if (type == "float") {
    if (is_float(text)) return read_float(text);
    if (is_not_finite(text)) return *read_number(text);
  }
  if (type == "null" || type == "bool" || type == "int" || type == "float")
    return make_fault("the value does not fit its tag !!" + std::string(type));
  return make_fault("unknown tag " + quoted(tag));
}

} // namespace cfgd::watchers::formats
