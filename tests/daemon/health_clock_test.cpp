#include "daemon/health/clock_watch.hpp"
#include "daemon/health/recent_increase.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace {

using namespace cfgd::health;
using namespace std::chrono_literals;

/// Three clocks that a test moves.
struct clocks {
  clock_watch::reading now{.wall = 2'000'000'000s, .monotonic = 100s, .boot = 100s};
  clock_watch watched{2'000ms, 600s};

  finding pass(std::chrono::nanoseconds time) {
    now.wall += time;
    now.monotonic += time;
    now.boot += time;
    return watched.take(now);
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_clock)

BOOST_FIXTURE_TEST_CASE(an_even_clock_is_healthy, clocks) {
  BOOST_TEST((pass(0s).what == state::healthy));
  BOOST_TEST((pass(30s).what == state::healthy));
  now.wall += 15ms; // slewed
  BOOST_TEST((pass(30s).what == state::healthy));
}

BOOST_FIXTURE_TEST_CASE(a_jump_is_reported_for_a_while, clocks) {
  pass(0s);

  now.wall -= 3600s;
  auto const found = pass(30s);

  BOOST_TEST((found.what == state::warning));
  BOOST_TEST(found.message == "the clock was set 3600 s back");
  BOOST_TEST(found.details.at("jumpMs").as_double() == -3'600'000.0);
  BOOST_TEST((pass(30s).what == state::warning));
  BOOST_TEST((pass(600s).what == state::healthy));
}

BOOST_FIXTURE_TEST_CASE(sleep_is_no_jump, clocks) {
  pass(0s);

  now.wall += 8h;
  now.boot += 8h;
  auto const found = pass(30s);

  BOOST_TEST((found.what == state::healthy));
  BOOST_TEST(found.details.at("sleptMs").as_double() == 28'800'000.0);
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_was_never_set_is_reported, clocks) {
  now.wall = 100s;

  BOOST_TEST((pass(0s).what == state::warning));
  BOOST_TEST((pass(3600s).what == state::warning));
}

BOOST_AUTO_TEST_CASE(the_real_clocks_run_evenly) {
  clock_watch watched{2'000ms, 600s};

  watched.take(clock_watch::read());

  BOOST_TEST((watched.take(clock_watch::read()).what == state::healthy));
}

BOOST_AUTO_TEST_CASE(a_rise_is_reported_for_its_time) {
  recent_increase lately(60s);
  recent_increase::time now{};

  BOOST_TEST(lately.take(0, now) == 0U);
  BOOST_TEST(lately.take(3, now) == 3U);
  BOOST_TEST(lately.take(5, now + 30s) == 5U);
  BOOST_TEST(lately.take(5, now + 89s) == 5U);
  BOOST_TEST(lately.take(5, now + 90s) == 0U);
  BOOST_TEST(lately.take(6, now + 91s) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
