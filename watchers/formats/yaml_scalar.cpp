#include "watchers/formats/yaml_scalar.hpp"

#include "core/untyped.hpp"
#include "watchers/formats/sourced_value.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
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

error make_range_fault(std::string_view message) {
  return make_fault(std::string(message) + "; quote it to keep it as text");
}

result<boost::json::value> read_integer(std::string_view text, int base,
                                        json::big_integers beyond_int64) {
  if (base != 10) text.remove_prefix(2);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failed == std::errc()) return boost::json::value(number);
  if (base == 10 && beyond_int64 == json::big_integers::read_as_double) {
    double nearest = 0;
    std::from_chars(text.data(), text.data() + text.size(), nearest);
    if (std::isfinite(nearest) && nearest != 0) return boost::json::value(nearest);
  }
  return make_range_fault(integer_range_message);
}

result<boost::json::value> read_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return make_range_fault(double_range_message);
  return boost::json::value(number);
}

/// [-+]? [0-9]+ ( : [0-5]? [0-9] )+ ( \. [0-9]* )?, numbers to the base 60 in YAML 1.1.
bool is_sexagesimal(std::string_view text) {
  text = without_sign(text);
  std::size_t const whole = std::min(text.find_first_not_of("0123456789_"), text.size());
  if (whole == 0 || text.front() == '_' || whole == text.size() || text[whole] != ':') return false;
  text.remove_prefix(whole);
  while (text.starts_with(':')) {
    text.remove_prefix(1);
    std::size_t const digits = std::min(text.find_first_not_of(decimal), text.size());
    if (digits == 0 || digits > 2 || (digits == 2 && text.front() > '5')) return false;
    text.remove_prefix(digits);
  }
  return text.empty() || (text.front() == '.' && is_all_of(text.substr(1), decimal));
}

/// A number that has "_" between its digits, or 0b: numbers in YAML 1.1, text in 1.2.
bool is_old_number(std::string_view text) {
  text = without_sign(text);
  if (text.starts_with("0b")) return is_all_of(text.substr(2), "01_");
  if (text.starts_with("0x"))
    return text.find('_') != text.npos && is_all_of(text.substr(2), "0123456789abcdefABCDEF_");
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  if (text.find('_') == text.npos || text.back() == '_') return false;
  return is_all_of(text, "0123456789_.") && std::count(text.begin(), text.end(), '.') <= 1;
}

bool has_leading_zero(std::string_view text) {
  text = without_sign(text);
  return text.size() > 1 && text.front() == '0' && is_all_of(text, "0123456789");
}

bool is_not_finite(std::string_view text) {
  return is_one_of(without_sign(text), infinity_words) || is_one_of(text, nan_words);
}

/// A number of the schema; nullopt: the text is not a number.
std::optional<result<boost::json::value>> read_number(std::string_view text,
                                                      json::big_integers beyond_int64) {
  if (int const base = integer_base(text); base != 0) return read_integer(text, base, beyond_int64);
  if (is_float(text)) return read_float(text);
  if (is_not_finite(text))
    return make_fault("infinity and NaN are not JSON numbers; quote them to keep them as text");
  return std::nullopt;
}

constexpr std::array<std::string_view, 12> old_booleans{"yes", "Yes", "YES", "no",  "No",  "NO",
                                                        "on",  "On",  "ON",  "off", "Off", "OFF"};

} // namespace

std::string_view find_ambiguity(std::string_view text) {
  if (is_one_of(text, old_booleans))
    return "this is text, as in YAML 1.2; YAML 1.1 reads a boolean: write true or false, or quote "
           "it";
  if (has_leading_zero(text))
    return "this is a decimal number, as in YAML 1.2; YAML 1.1 reads an octal one: write 0o for "
           "octal, drop the zero, or quote it to keep it as text";
  if (is_sexagesimal(text))
    return "this is text, as in YAML 1.2; YAML 1.1 reads a number to the base 60: quote it";
  if (is_old_number(text))
    return "this is text, as in YAML 1.2; YAML 1.1 reads a number: write it without '_' and '0b', "
           "or quote it";
  return {};
}

std::string_view find_ambiguous_name(std::string_view text) {
  if (!is_one_of(text, old_booleans)) return {};
  return "this name is text, as in YAML 1.2; YAML 1.1 reads a boolean: quote it";
}

result<boost::json::value> resolve_plain(std::string_view text, json::big_integers beyond_int64) {
  if (is_one_of(text, null_words)) return boost::json::value(nullptr);
  if (is_one_of(text, true_words)) return boost::json::value(true);
  if (is_one_of(text, false_words)) return boost::json::value(false);
  if (auto number = read_number(text, beyond_int64)) return *std::move(number);
  return boost::json::value(text);
}

result<boost::json::value> resolve_tagged(std::string_view tag, std::string_view text,
                                          json::big_integers beyond_int64) {
  constexpr std::string_view core = "tag:yaml.org,2002:";
  std::string_view const type = tag.starts_with(core) ? tag.substr(core.size()) : "";
  if (tag == "!" || type == "str") return boost::json::value(text);
  if (type == "null" && is_one_of(text, null_words)) return boost::json::value(nullptr);
  if (type == "bool" && is_one_of(text, true_words)) return boost::json::value(true);
  if (type == "bool" && is_one_of(text, false_words)) return boost::json::value(false);
  if (type == "int") {
    if (int const base = integer_base(text); base != 0)
      return read_integer(text, base, beyond_int64);
  }
  if (type == "float") {
    if (is_float(text)) return read_float(text);
    if (is_not_finite(text)) return *read_number(text, beyond_int64);
  }
  if (type == "null" || type == "bool" || type == "int" || type == "float")
    return make_fault("the value does not fit its tag !!" + std::string(type));
  return make_fault("unknown tag " + in_quotes(tag));
}

} // namespace cfgd::watchers::formats
