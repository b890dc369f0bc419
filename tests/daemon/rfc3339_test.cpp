#include "daemon/rfc3339.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>

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
    pair{"2026-11-23T07:23:48.1230001Z", "2026-11-23T07:23:48.124Z"},
    pair{"2026-11-23T07:23:59.9999Z", "2026-11-23T07:24:00.000Z"},
    pair{"2026-11-23t07:23:48z", "2026-11-23T07:23:48.000Z"},
    pair{"2026-11-23 07:23:48+01:30", "2026-11-23T05:53:48.000Z"},
    pair{"2026-01-01T00:30:00-00:45", "2026-01-01T01:15:00.000Z"},
    pair{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
    pair{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
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
    "26-11-23T07:23:48Z",
    "+026-11-23T07:23:48Z",
    "2026-1 -23T07:23:48Z",
    "yesterday",
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(rfc3339)

BOOST_DATA_TEST_CASE(times_are_read, boost::unit_test::data::make(pairs), one) {
  BOOST_TEST(normal(one.written) == one.meant);
}

BOOST_DATA_TEST_CASE(what_is_no_time_is_none, boost::unit_test::data::make(wrong), text) {
  BOOST_TEST(normal(text) == "none");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
