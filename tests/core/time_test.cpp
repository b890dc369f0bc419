#include "core/time.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

namespace {

std::string normal(std::string_view text) {
  auto const when = cfgd::parse_rfc3339(text);
  return when ? cfgd::to_rfc3339(*when) : "none";
}

struct pair {
  char const* written;
  char const* meant;
};
std::ostream& operator<<(std::ostream& out, pair const& one) { return out << one.written; }

constexpr std::array pairs{
    pair{"2026-11-23T07:23:48Z", "2026-11-23T07:23:48.000Z"},
    pair{"2026-11-23T07:23:48.1Z", "2026-11-23T07:23:48.100Z"},
    pair{"2026-11-23T07:23:48.123000Z", "2026-11-23T07:23:48.123Z"},
    pair{"2026-11-23T07:23:48.1239999Z", "2026-11-23T07:23:48.123Z"},
    pair{"2026-11-23T07:23:59.9999Z", "2026-11-23T07:23:59.999Z"},
    pair{"2026-11-23t07:23:48z", "2026-11-23T07:23:48.000Z"},
    pair{"2026-11-23 07:23:48+01:30", "2026-11-23T05:53:48.000Z"},
    pair{"2026-01-01T00:30:00-00:45", "2026-01-01T01:15:00.000Z"},
    pair{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
    pair{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
    pair{"2024-02-29t23:59:60-00:01", "2024-03-01T00:01:00.000Z"},
    pair{"9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59.999Z"},
    pair{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
};

constexpr std::array wrong{
    "",
    "2026-11-23",
    "2026-11-23T07:23:48",
    "2026-11-23T07:23Z",
    "2026-11-23T07:23:48.Z",
    "2026-11-23T07:23:48Zx",
    "2026-11-23T24:00:00Z",
    "2026-11-23T07:60:00Z",
    "2026-11-23T07:23:61Z",
    "2026-11-23T07:23:48+24:00",
    "2026-11-23T07:23:48+0100",
    "2025-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:60Z",
    "2026-11-23T10:36:32+1:00",
    "26-11-23T07:23:48Z",
    "+026-11-23T07:23:48Z",
    "2026-1 -23T07:23:48Z",
    "yesterday",
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(time)

BOOST_DATA_TEST_CASE(times_are_read, boost::unit_test::data::make(pairs), one) {
  BOOST_TEST(normal(one.written) == one.meant);
}

BOOST_DATA_TEST_CASE(other_texts_are_rejected, boost::unit_test::data::make(wrong), text) {
  BOOST_TEST(normal(text) == "none");
}

BOOST_AUTO_TEST_CASE(times_are_written_in_utc_with_milliseconds) {
  auto const at = [](std::int64_t milliseconds) {
    return cfgd::to_rfc3339(cfgd::wall_time(std::chrono::milliseconds(milliseconds)));
  };
  BOOST_TEST(at(0) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(at(1) == "1970-01-01T00:00:00.001Z");
  BOOST_TEST(at(-1) == "1969-12-31T23:59:59.999Z");
  BOOST_TEST(at(951'782'400'000) == "2000-02-29T00:00:00.000Z");
  BOOST_TEST(at(1'795'418'628'123) == "2026-11-23T07:23:48.123Z");
  BOOST_TEST(at(253'402'300'799'999) == "9999-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(a_time_before_the_epoch_is_rounded_down_too) {
  BOOST_TEST(normal("1969-12-31T23:59:59.9999Z") == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(the_clock_and_a_written_time_are_rounded_the_same_way) {
  // What was made at or after a moment is found when somebody asks for "since" that moment.
  auto const before = std::chrono::system_clock::now();
  auto const digits = std::chrono::floor<std::chrono::nanoseconds>(before.time_since_epoch());
  auto text = cfgd::to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(before));
  text.insert(text.size() - 1, std::to_string(1'000'000 + digits.count() % 1'000'000).substr(1));
  BOOST_TEST((cfgd::parse_rfc3339(text).value() <= cfgd::wall_now()), text);
}

BOOST_AUTO_TEST_CASE(a_date_is_its_beginning) {
  BOOST_TEST(cfgd::to_rfc3339(cfgd::parse_date("2024-02-29").value()) ==
             "2024-02-29T00:00:00.000Z");
  for (char const* const text : {"", "2025-02-29", "0000-01-01", "2024-02-29T", "24-02-29"})
    BOOST_TEST(!cfgd::parse_date(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
