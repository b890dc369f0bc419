#include "engine/schema/numbers.hpp"

#include <boost/assert.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <string_view>

// Numbers are int64, uint64 or double. Conversion loses digits, so each pair of kinds is compared
// without conversion. Multiples are computed in decimal, as numbers are written: the double nearest
// to 19.99 is not a multiple of the one nearest to 0.01. So each number becomes the shortest
// decimal that reads back as it, an integer times a power of ten; the rest is integer arithmetic.

namespace cfgd::schema {
namespace {

namespace bj = boost::json;

constexpr double two_to_63 = 9223372036854775808.0;
constexpr double two_to_64 = 18446744073709551616.0;

std::strong_ordering reverse(std::strong_ordering order) {
  if (std::is_eq(order)) return order;
  return std::is_lt(order) ? std::strong_ordering::greater : std::strong_ordering::less;
}

std::strong_ordering compare(std::int64_t left, double right) {
  if (right >= two_to_63) return std::strong_ordering::less;
  if (right < -two_to_63) return std::strong_ordering::greater;
  double const whole = std::trunc(right);
  auto const order = left <=> static_cast<std::int64_t>(whole);
  if (std::is_neq(order) || right == whole) return order;
  return right > whole ? std::strong_ordering::less : std::strong_ordering::greater;
}

std::strong_ordering compare(std::uint64_t left, double right) {
  if (right >= two_to_64) return std::strong_ordering::less;
  if (right < 0) return std::strong_ordering::greater;
  double const whole = std::trunc(right);
  auto const order = left <=> static_cast<std::uint64_t>(whole);
  if (std::is_neq(order) || right == whole) return order;
  return std::strong_ordering::less;
}

std::strong_ordering compare(double left, double right) {
  if (left < right) return std::strong_ordering::less;
  return left > right ? std::strong_ordering::greater : std::strong_ordering::equal;
}

std::strong_ordering compare(std::int64_t left, std::uint64_t right) {
  if (left < 0) return std::strong_ordering::less;
  return static_cast<std::uint64_t>(left) <=> right;
}

__extension__ using wide = unsigned __int128;

/// digits * 10^exponent, without its sign.
struct decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

decimal decimal_of(double number) {
  char text[32];
  auto const [end, code] =
      std::to_chars(text, text + sizeof text, std::fabs(number), std::chars_format::scientific);
  BOOST_ASSERT(code == std::errc());
  decimal out;
  char const* at = text;
  bool fraction = false;
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    out.digits = out.digits * 10 + static_cast<std::uint64_t>(*at - '0');
    if (fraction) --out.exponent;
  }
  if (at == end) return out;
  ++at;
  if (*at == '+') ++at;
  int power = 0;
  std::from_chars(at, end, power);
  out.exponent += power;
  return out;
}

decimal decimal_of(bj::value const& what) {
  if (what.is_uint64()) return {.digits = what.get_uint64()};
  if (what.is_double()) return decimal_of(what.get_double());
  auto const number = what.get_int64();
  auto const bits = static_cast<std::uint64_t>(number);
  return {.digits = number < 0 ? 0 - bits : bits};
}

std::size_t mix(std::size_t left, std::size_t right) {
  return left ^ (right + 0x9e3779b97f4a7c15U + (left << 6U) + (left >> 2U));
}

std::size_t hash_number(double number) {
  if (number == std::trunc(number) && number >= -two_to_63 && number < two_to_63)
    return std::hash<std::uint64_t>{}(
        static_cast<std::uint64_t>(static_cast<std::int64_t>(number)));
  if (number == std::trunc(number) && number > 0 && number < two_to_64)
    return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(number));
  return std::hash<double>{}(number);
}

std::size_t hash_text(std::string_view text) { return std::hash<std::string_view>{}(text); }

bool equal_objects(bj::object const& left, bj::object const& right, allowance& budget) {
  if (left.size() != right.size()) return false;
  return std::all_of(left.begin(), left.end(), [&](auto const& member) {
    auto const* const other = right.if_contains(member.key());
    return other != nullptr && equal_values(member.value(), *other, budget);
  });
}

bool equal_arrays(bj::array const& left, bj::array const& right, allowance& budget) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(),
      [&](auto const& one, auto const& other) { return equal_values(one, other, budget); });
}

} // namespace

std::strong_ordering compare_numbers(bj::value const& left, bj::value const& right) {
  if (left.is_int64()) {
    if (right.is_int64()) return left.get_int64() <=> right.get_int64();
    if (right.is_uint64()) return compare(left.get_int64(), right.get_uint64());
    return compare(left.get_int64(), right.get_double());
  }
  if (left.is_uint64()) {
    if (right.is_uint64()) return left.get_uint64() <=> right.get_uint64();
    if (right.is_double()) return compare(left.get_uint64(), right.get_double());
  } else if (right.is_double()) {
    return compare(left.get_double(), right.get_double());
  }
  return reverse(compare_numbers(right, left));
}

bool is_integral(bj::value const& what) {
  if (!what.is_double()) return what.is_int64() || what.is_uint64();
  return std::isfinite(what.get_double()) && std::trunc(what.get_double()) == what.get_double();
}

bool is_multiple_of(bj::value const& what, bj::value const& divisor) {
  auto number = decimal_of(what);
  auto const by = decimal_of(divisor);
  if (number.digits == 0) return true;
  // number.digits * 10^shift must be a multiple of by.digits.
  int const shift = number.exponent - by.exponent;
  wide rest = number.digits;
  for (int i = 0; i < shift; ++i)
    rest = rest % by.digits * 10;
  for (int i = 0; i > shift; --i) {
    if (rest % 10 != 0) return false;
    rest /= 10;
  }
  return rest % by.digits == 0;
}

bool allowance::take(std::uint64_t steps) {
  if (left < steps) {
    left = 0;
    spent = true;
    return false;
  }
  left -= steps;
  return true;
}

bool equal_values(bj::value const& left, bj::value const& right, allowance& budget) {
  if (!budget.take(1)) return false;
  if (left.is_number() && right.is_number()) return std::is_eq(compare_numbers(left, right));
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
  case bj::kind::null:
    return true;
  case bj::kind::bool_:
    return left.get_bool() == right.get_bool();
  case bj::kind::string:
    return left.get_string() == right.get_string();
  case bj::kind::array:
    return equal_arrays(left.get_array(), right.get_array(), budget);
  case bj::kind::object:
    return equal_objects(left.get_object(), right.get_object(), budget);
  default:
    return false;
  }
}

std::size_t hash_value_of(bj::value const& what) {
  switch (what.kind()) {
  case bj::kind::bool_:
    return what.get_bool() ? 2 : 1;
  case bj::kind::int64:
    return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(what.get_int64()));
  case bj::kind::uint64:
    return std::hash<std::uint64_t>{}(what.get_uint64());
  case bj::kind::double_:
    return hash_number(what.get_double());
  case bj::kind::string:
    return hash_text(what.get_string());
  case bj::kind::array: {
    std::size_t hash = 3;
    for (auto const& element : what.get_array())
      hash = mix(hash, hash_value_of(element));
    return hash;
  }
  case bj::kind::object: {
    std::size_t hash = 4;
    for (auto const& member : what.get_object())
      hash += mix(hash_text(member.key()), hash_value_of(member.value()));
    return hash;
  }
  default:
    return 0;
  }
}

} // namespace cfgd::schema
