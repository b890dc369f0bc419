#include "cfgctl/text/times.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>

using namespace cfgd;
using namespace cfgd::cfgctl;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(times)

BOOST_AUTO_TEST_CASE(durations_have_units) {
  BOOST_TEST(parse_duration("60").value().count() == 60);
  BOOST_TEST(parse_duration("60s").value().count() == 60);
  BOOST_TEST(parse_duration("15m").value().count() == 900);
  BOOST_TEST(parse_duration("2h").value().count() == 7200);
  BOOST_TEST(parse_duration("1d").value().count() == 86'400);
  BOOST_TEST(parse_duration("1h30m").value().count() == 5400);
}

BOOST_AUTO_TEST_CASE(what_is_no_duration_is_refused) {
  for (std::string_view const text : {"", "0", "0s", "-5s", "5x", "s", "1.5h", "1h30", "5 m", "5m ",
                                      "99999999999999999999s", "4000d", "9999999999"}) {
    BOOST_TEST(!parse_duration(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_moment_of_the_past_has_three_forms) {
  auto const now = parse_rfc3339("2026-11-23T10:00:00Z").value();

  BOOST_TEST(parse_since("2h", now).value() == "2026-11-23T08:00:00.000Z");
  BOOST_TEST(parse_since("2h-ago", now).value() == "2026-11-23T08:00:00.000Z");
  BOOST_TEST(parse_since("1d ago", now).value() == "2026-11-22T10:00:00.000Z");
  BOOST_TEST(parse_since("2026-11-01", now).value() == "2026-11-01T00:00:00.000Z");
  BOOST_TEST(parse_since("2026-11-01T01:00:00+01:00", now).value() == "2026-11-01T00:00:00.000Z");
  // As the service rounds: down.
  BOOST_TEST(parse_since("2026-11-01T01:00:00.1239Z", now).value() == "2026-11-01T01:00:00.123Z");
  BOOST_TEST(!parse_since("yesterday", now));
}

BOOST_AUTO_TEST_CASE(what_is_left_has_its_two_largest_units) {
  BOOST_TEST(duration_text(59s) == "59s");
  BOOST_TEST(duration_text(899s) == "14m 59s");
  BOOST_TEST(duration_text(2h) == "2h");
  BOOST_TEST(duration_text(26h + 5min) == "1d 2h");
  BOOST_TEST(duration_text(-5s) == "0s");
}

BOOST_AUTO_TEST_SUITE_END()
