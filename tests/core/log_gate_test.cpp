#include "core/log_gate.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using cfgd::log::gate;
using namespace std::chrono_literals;

gate::clock::time_point const begin{1h};
constexpr gate::rate one_in_five_seconds{.burst = 1, .pause = 5s};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(log_gate)

BOOST_AUTO_TEST_CASE(a_subject_passes_once_a_pause_with_the_suppressed_count) {
  gate closes;

  BOOST_TEST(closes.pass("uid 1000", one_in_five_seconds, begin).value() == 0U);
  BOOST_TEST(!closes.pass("uid 1000", one_in_five_seconds, begin + 1s).has_value());
  BOOST_TEST(!closes.pass("uid 1000", one_in_five_seconds, begin + 4999ms).has_value());
  BOOST_TEST(closes.pass("uid 1000", one_in_five_seconds, begin + 5s).value() == 2U);
  BOOST_TEST(!closes.pass("uid 1000", one_in_five_seconds, begin + 6s).has_value());
}

BOOST_AUTO_TEST_CASE(a_line_says_how_many_were_suppressed) {
  BOOST_TEST(cfgd::log::suppressed_text(0) == "");
  BOOST_TEST(cfgd::log::suppressed_text(1) == "; 1 similar message suppressed");
  BOOST_TEST(cfgd::log::suppressed_text(2) == "; 2 similar messages suppressed");
}

BOOST_AUTO_TEST_CASE(one_subject_does_not_silence_another) {
  gate closes;

  BOOST_TEST(closes.pass("uid 1000", one_in_five_seconds, begin).has_value());
  BOOST_TEST(closes.pass("uid 1001", one_in_five_seconds, begin).has_value());
}

BOOST_AUTO_TEST_CASE(a_burst_passes_and_then_one_line_a_pause) {
  gate closes;
  gate::rate const three_at_once{.burst = 3, .pause = 10s};

  for (int line = 0; line < 3; ++line)
    BOOST_TEST(closes.pass("x", three_at_once, begin).value() == 0U);
  BOOST_TEST(!closes.pass("x", three_at_once, begin + 9s).has_value());
  BOOST_TEST(closes.pass("x", three_at_once, begin + 10s).value() == 1U);
  BOOST_TEST(!closes.pass("x", three_at_once, begin + 19s).has_value());
  // After a long silence the burst is there again.
  for (int line = 0; line < 3; ++line)
    BOOST_TEST(closes.pass("x", three_at_once, begin + 1h).has_value());
  BOOST_TEST(!closes.pass("x", three_at_once, begin + 1h).has_value());
}

BOOST_AUTO_TEST_CASE(a_full_table_drops_quiet_subjects) {
  gate closes;
  for (std::size_t who = 0; who < gate::subjects; ++who)
    BOOST_TEST(closes.pass(std::to_string(who), one_in_five_seconds, begin).has_value());

  BOOST_TEST(!closes.pass("one more", one_in_five_seconds, begin).has_value());
  BOOST_TEST(closes.pass("one more", one_in_five_seconds, begin + 5s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
