#include "core/log.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace {

namespace lg = cfgd::log; // log(3) is a function

/// Leaves the threshold as it was.
struct with_threshold {
  explicit with_threshold(lg::level which) { lg::set_threshold(which); }
  ~with_threshold() { lg::set_threshold(before); }
  with_threshold(with_threshold const&) = delete;
  with_threshold& operator=(with_threshold const&) = delete;

  lg::level before = lg::threshold();
};

} // namespace

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(levels_are_the_priorities_of_syslog) {
  BOOST_CHECK_EQUAL(static_cast<int>(lg::level::error), 3);
  BOOST_CHECK_EQUAL(static_cast<int>(lg::level::debug), 7);
  for (auto const which :
       {lg::level::error, lg::level::warning, lg::level::notice, lg::level::info, lg::level::debug})
    BOOST_CHECK(lg::parse_level(lg::to_string(which)) == which);
  BOOST_CHECK(!lg::parse_level("loud"));
}

BOOST_AUTO_TEST_CASE(records_come_with_their_fields) {
  with_threshold const threshold(lg::level::info);
  lg::capture captured;

  lg::write(lg::level::warning, "one 'thing'", {{"CFGD_NAMESPACE", "site"}, {"ERRNO", "2"}});
  lg::write(lg::level::info, "another");

  auto const entries = captured.take();
  BOOST_REQUIRE_EQUAL(entries.size(), 2U);
  BOOST_CHECK(entries[0].severity == lg::level::warning);
  BOOST_CHECK_EQUAL(entries[0].message, "one 'thing'");
  BOOST_REQUIRE_EQUAL(entries[0].fields.size(), 2U);
  BOOST_CHECK_EQUAL(entries[0].fields[1].name, "ERRNO");
  BOOST_CHECK_EQUAL(entries[0].fields[1].value, "2");
  BOOST_CHECK_EQUAL(entries[1].message, "another");
  BOOST_CHECK(captured.take().empty());
}

BOOST_AUTO_TEST_CASE(records_below_the_threshold_are_not_written) {
  with_threshold const threshold(lg::level::warning);
  lg::capture captured;

  lg::write(lg::level::notice, "no");
  lg::write(lg::level::warning, "yes");

  auto const entries = captured.take();
  BOOST_REQUIRE_EQUAL(entries.size(), 1U);
  BOOST_CHECK_EQUAL(entries[0].message, "yes");
  BOOST_CHECK(lg::enabled(lg::level::error));
  BOOST_CHECK(!lg::enabled(lg::level::notice));
}

BOOST_AUTO_TEST_CASE(an_area_may_have_a_threshold_of_its_own) {
  with_threshold const threshold(lg::level::warning);
  lg::set_threshold(lg::level::warning, {{"ipc", lg::level::debug}, {"store", lg::level::error}});
  lg::capture captured;
  auto const from = [](char const* file) { return boost::source_location(file, 1, "f"); };

  lg::write(lg::level::debug, "ipc", {}, from("ipc/session.cpp"));
  lg::write(lg::level::debug, "as the compiler's cache names it", {},
            from("../../ipc/session.cpp"));
  lg::write(lg::level::warning, "no", {}, from("store/lmdb.cpp"));
  lg::write(lg::level::notice, "no", {}, from("daemon/service.cpp"));
  lg::write(lg::level::warning, "the others", {}, from("daemon/service.cpp"));

  auto const entries = captured.take();
  BOOST_REQUIRE_EQUAL(entries.size(), 3U);
  BOOST_CHECK_EQUAL(entries[0].message, "ipc");
  BOOST_CHECK_EQUAL(entries[2].message, "the others");
}

BOOST_AUTO_TEST_CASE(nothing_is_enabled_without_a_sink) {
  with_threshold const threshold(lg::level::debug);
  {
    lg::capture const captured;
    BOOST_CHECK(lg::enabled(lg::level::debug));
  }
  BOOST_CHECK(!lg::enabled(lg::level::error));
}

BOOST_AUTO_TEST_CASE(one_peer_does_not_fill_the_log) {
  with_threshold const threshold(lg::level::info);
  lg::capture captured;
  auto const suppressed = lg::figures().suppressed;
  auto const refuse = [](std::string uid) {
    lg::write(lg::level::warning, "refused",
              {{"MESSAGE_ID", "refused"}, {"CFGD_PEER_UID", std::move(uid)}});
  };

  for (int time = 0; time < 100; ++time)
    refuse("1000");
  refuse("1001");
  lg::write(lg::level::warning, "refused", {{"MESSAGE_ID", "other"}, {"CFGD_PEER_UID", "1000"}});

  BOOST_CHECK_EQUAL(captured.take().size(), 3U);
  BOOST_CHECK_EQUAL(lg::figures().suppressed - suppressed, 99U);
}

BOOST_AUTO_TEST_CASE(occasional_repeats_are_all_written) {
  with_threshold const threshold(lg::level::info);
  lg::capture captured;

  for (int time = 0; time < 100; ++time) {
    lg::write(lg::level::warning, "x", {{"MESSAGE_ID", "faulty"}, {"CFGD_PATH", "/a"}});
    lg::write(lg::level::notice, "x", {{"MESSAGE_ID", "changed"}, {"CFGD_PATH", "/a"}});
  }
  lg::write(lg::level::warning, "x", {{"MESSAGE_ID", "faulty"}, {"CFGD_PATH", "/b"}});

  // Of the warnings about /a a burst, and every notice: those are the record of what was changed.
  BOOST_CHECK_EQUAL(captured.take().size(), 20U + 100U + 1U);
}

BOOST_AUTO_TEST_CASE(a_listener_receives_records_that_are_not_written) {
  with_threshold const threshold(lg::level::error);
  lg::capture captured;
  std::vector<std::string> received;
  {
    lg::listener const listening(
        [&](lg::record const& what) { received.emplace_back(what.message); });
    for (int time = 0; time < 3; ++time)
      lg::write(lg::level::warning, "w", {{"MESSAGE_ID", "id"}, {"CFGD_PEER_UID", "1"}});
    lg::write(lg::level::info, "i");
  }
  lg::write(lg::level::warning, "late");

  BOOST_CHECK_EQUAL(received.size(), 3U);
  BOOST_CHECK(captured.take().empty());
}

BOOST_AUTO_TEST_CASE(lines_are_counted_by_level) {
  with_threshold const threshold(lg::level::info);
  lg::capture const captured;
  auto before = lg::figures().written;

  lg::write(lg::level::info, "x");
  lg::write(lg::level::debug, "below the threshold");

  auto after = lg::figures().written;
  BOOST_CHECK_EQUAL(after[lg::level::info] - before[lg::level::info], 1U);
  BOOST_CHECK_EQUAL(after[lg::level::debug], before[lg::level::debug]);
}

BOOST_AUTO_TEST_SUITE_END()
