#pragma once

#include <boost/json/value.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>

/// Values compared as JSON Schema wants it: numbers by what they are worth (1 is 1.0), exactly,
/// whatever kind they are of.
namespace cfgd::schema {

/// Orders two numbers.
std::strong_ordering compare_numbers(boost::json::value const& left,
                                     boost::json::value const& right);

/// Whether a value is a number without a fraction.
bool is_integral(boost::json::value const& what);

/// Whether `what` is `divisor` (which is above 0) times an integer, of the decimal numbers that
/// they were written as: 19.99 is a multiple of 0.01.
bool is_multiple_of(boost::json::value const& what, boost::json::value const& divisor);

/// How much work is left. A comparison that takes more is cut off: whoever gave it sees `spent`.
struct allowance {
  std::uint64_t left = 0;
  bool spent = false;

  bool take(std::uint64_t steps);
};

/// Whether two values are equal: numbers as above, members in any order.
bool equal_values(boost::json::value const& left, boost::json::value const& right,
                  allowance& budget);

/// Equal values have equal hashes.
std::size_t hash_value_of(boost::json::value const& what);

} // namespace cfgd::schema
