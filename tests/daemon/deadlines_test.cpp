#include "daemon/deadlines.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace std::chrono_literals;
using cfgd::deadlines;

constexpr cfgd::wall_time wall{1'000'000'000ms};
constexpr deadlines::clock::time_point now{1h};

/// The time until the clock wakes.
std::chrono::nanoseconds time_to_wake(deadlines const& of) { return of.next(wall, now) - now; }

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(deadlines)

using ::deadlines;

BOOST_AUTO_TEST_CASE(without_deadlines_it_still_compares_the_wall_clock) {
  BOOST_TEST((time_to_wake({}) == deadlines::longest_sleep));
}

BOOST_AUTO_TEST_CASE(the_first_deadline_counts) {
  BOOST_TEST(
      (time_to_wake({.pending_change = wall + 5s, .edit = now + 7s, .bookmark = now + 9s}) == 5s));
  BOOST_TEST(
      (time_to_wake({.pending_change = wall + 8s, .edit = now + 7s, .bookmark = now + 9s}) == 7s));
  BOOST_TEST((
      time_to_wake({.pending_change = wall + 50s, .edit = now + 70s, .bookmark = now + 9s}) == 9s));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_has_passed_is_due_now) {
  BOOST_TEST((time_to_wake({.edit = now - 1s}) == 0s));
  BOOST_TEST((time_to_wake({.bookmark = now - 1s}) == 0s));
  BOOST_TEST((time_to_wake({.pending_change = wall - 1s}) == deadlines::shortest_sleep));
}

BOOST_AUTO_TEST_CASE(a_deadline_at_the_end_of_time_does_not_overflow) {
  BOOST_TEST(
      (time_to_wake({.pending_change = cfgd::wall_time::max()}) == deadlines::longest_sleep));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
