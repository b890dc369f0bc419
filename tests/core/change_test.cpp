#include "core/change.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>

namespace {

using namespace cfgd;

std::string at(std::int64_t milliseconds) {
  return to_rfc3339(wall_time(std::chrono::milliseconds(milliseconds)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(change)

BOOST_AUTO_TEST_CASE(times_are_rfc3339_in_utc_with_milliseconds) {
  BOOST_CHECK_EQUAL(at(0), "1970-01-01T00:00:00.000Z");
  BOOST_CHECK_EQUAL(at(1), "1970-01-01T00:00:00.001Z");
  BOOST_CHECK_EQUAL(at(1'795'418'628'123), "2026-11-23T07:23:48.123Z");
  BOOST_CHECK_EQUAL(at(951'782'400'000), "2000-02-29T00:00:00.000Z");
  BOOST_CHECK_EQUAL(at(253'402'300'799'999), "9999-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(times_before_the_epoch_are_written_too) {
  BOOST_CHECK_EQUAL(at(-1), "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(an_absent_side_tells_created_and_deleted) {
  key_change const created{.key = "a.b", .before = "", .after = "1"};
  key_change const updated{.key = "a.b", .before = "1", .after = "2"};
  key_change const deleted{.key = "a.b", .before = "2", .after = ""};

  BOOST_CHECK(created.created() && !created.deleted());
  BOOST_CHECK(!updated.created() && !updated.deleted());
  BOOST_CHECK(!deleted.created() && deleted.deleted());
}

BOOST_AUTO_TEST_SUITE_END()
