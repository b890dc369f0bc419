#include "cfgctl/text/times.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>

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

BOOST_AUTO_TEST_CASE(times_are_read_and_written_as_rfc_3339) {
  BOOST_TEST(time_text(parse_time("2026-11-23T10:36:32.1239Z").value()) ==
             "2026-11-23T10:36:32.123Z");
  BOOST_TEST(time_text(parse_time("2026-11-23T00:30:00+01:30").value()) ==
             "2026-11-22T23:00:00.000Z");
  BOOST_TEST(time_text(parse_time("2024-02-29t23:59:60-00:01").value()) ==
             "2024-03-01T00:01:00.000Z");
  for (std::string_view const text :
       {"", "2026-11-23", "2026-11-23T10:36:32", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z",
        "2026-11-23T10:36:32.Z", "2026-11-23T10:36:32Zx", "2026-11-23T10:36:32+1:00"}) {
    BOOST_TEST(!parse_time(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_moment_of_the_past_has_three_forms) {
  auto const now = parse_time("2026-11-23T10:00:00Z").value();

  BOOST_TEST(parse_since("2h", now).value() == "2026-11-23T08:00:00.000Z");
  BOOST_TEST(parse_since("2h-ago", now).value() == "2026-11-23T08:00:00.000Z");
  BOOST_TEST(parse_since("1d ago", now).value() == "2026-11-22T10:00:00.000Z");
  BOOST_TEST(parse_since("2026-11-01", now).value() == "2026-11-01T00:00:00.000Z");
  BOOST_TEST(parse_since("2026-11-01T01:00:00+01:00", now).value() == "2026-11-01T00:00:00.000Z");
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
