#pragma once

#include <boost/json/value.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>

/// Comparison of values as JSON Schema defines it: numbers by their exact value (1 equals 1.0), for
/// all kinds of numbers.
namespace cfgd::schema {

/// Orders two numbers.
std::strong_ordering compare_numbers(boost::json::value const& left,
                                     boost::json::value const& right);

/// Whether a value is a number without a fraction.
bool is_integral(boost::json::value const& what);

/// Whether `what` is an integer times `divisor`, which must be greater than 0. Both are taken as
/// the decimal numbers that were written: 19.99 is a multiple of 0.01.
bool is_multiple_of(boost::json::value const& what, boost::json::value const& divisor);

/// The remaining work. A comparison that needs more ends early and sets `spent`.
struct allowance {
  std::uint64_t left = 0;
  bool spent = false;

  /// Uses up steps. False, and sets `spent`, if fewer are left.
  bool take(std::uint64_t steps);
};

/// Whether two values are equal: numbers as above, members in any order.
bool equal_values(boost::json::value const& left, boost::json::value const& right,
                  allowance& budget);

/// Equal values have equal hashes.
std::size_t hash_value_of(boost::json::value const& what);

} // namespace cfgd::schema
