#include "client/detail/watch_progress.hpp"
#include "core/json.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace cfgd::client;

namespace {

using progress = detail::watch_progress;

watch_event part(revision_number revision, std::string_view values,
                 std::vector<std::string> removed = {}) {
  watch_event out;
  out.revision = revision;
  out.values = std::move(cfgd::json::parse(values).value().as_object());
  out.removed = std::move(removed);
  return out;
}

watch_event ready(watch_event what) {
  what.ready = true;
  return what;
}

watch_event resync(watch_event what) {
  what.resync = true;
  return what;
}

std::string values_of(watch_event const& what) { return cfgd::json::canonical(what.values); }

/// A progress that has taken {"a.x":1,"a.y":2} at revision 5.
progress begun(resync_mode mode) {
  progress out({}, mode);
  out.begin();
  BOOST_REQUIRE(out.take(ready(part(5, R"({"a.x":1,"a.y":2})"))).has_value());
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(watch_progress)

BOOST_AUTO_TEST_CASE(the_state_is_reported_whole_when_it_is_ready) {
  progress watched({}, resync_mode::whole);

  BOOST_TEST(!watched.begin().has_value());
  BOOST_TEST(!watched.take(part(5, R"({"a.x":1})")).has_value());
  BOOST_TEST(watched.collecting());
  auto const event = watched.take(ready(part(5, R"({"a.y":2})")));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(values_of(*event) == R"({"a.x":1,"a.y":2})");
  BOOST_TEST(event->ready);
  BOOST_TEST(!event->resync);
  BOOST_TEST(!watched.collecting());
  BOOST_TEST(watched.revision() == 5U);
}

BOOST_AUTO_TEST_CASE(the_state_may_be_empty) {
  progress watched({}, resync_mode::whole);
  watched.begin();

  auto const event = watched.take(ready(part(0, "{}")));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(event->ready);
}

BOOST_AUTO_TEST_CASE(each_revision_is_reported_at_once) {
  auto watched = begun(resync_mode::whole);

  auto const event = watched.take(part(6, R"({"a.x":3})", {"a.y"}));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(values_of(*event) == R"({"a.x":3})");
  BOOST_TEST(event->removed.at(0) == "a.y");
  BOOST_TEST(watched.revision() == 6U);
}

BOOST_AUTO_TEST_CASE(a_reconnect_goes_on_behind_the_last_revision) {
  auto watched = begun(resync_mode::whole);
  watched.take(part(6, R"({"a.x":3})"));

  BOOST_TEST(watched.begin().value() == 6U);
  BOOST_TEST(!watched.take(part(6, R"({"a.x":3})")).has_value());
  BOOST_TEST(!watched.take(ready(part(6, "{}"))).has_value());
  BOOST_TEST(watched.take(part(7, R"({"a.x":4})")).has_value());
}

BOOST_AUTO_TEST_CASE(half_a_state_is_forgotten_by_a_reconnect) {
  progress watched({}, resync_mode::whole);
  watched.begin();
  watched.take(part(5, R"({"a.x":1})"));

  BOOST_TEST(!watched.begin().has_value());
  auto const event = watched.take(ready(part(6, R"({"a.y":2})")));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(values_of(*event) == R"({"a.y":2})");
}

BOOST_AUTO_TEST_CASE(half_a_resync_is_asked_for_again) {
  auto watched = begun(resync_mode::whole);
  BOOST_TEST(!watched.take(resync(part(9, R"({"a.x":7})"))).has_value());

  BOOST_TEST(watched.begin().value() == 5U);
  BOOST_TEST(!watched.collecting());
}

BOOST_AUTO_TEST_CASE(quiet_progress_moves_the_place_to_go_on_from) {
  auto watched = begun(resync_mode::whole);

  BOOST_TEST(!watched.take(ready(part(50, "{}"))).has_value());

  BOOST_TEST(watched.begin().value() == 50U);
}

BOOST_AUTO_TEST_CASE(progress_moves_the_place_to_go_on_from_and_is_not_reported) {
  auto watched = begun(resync_mode::whole);

  BOOST_TEST(!watched.take(part(70, "{}")).has_value());
  BOOST_TEST(watched.revision() == 70U);
  BOOST_TEST(!watched.take(part(60, "{}")).has_value());

  BOOST_TEST(watched.begin().value() == 70U);
  BOOST_TEST(!watched.take(part(70, R"({"a.x":3})")).has_value());
  BOOST_TEST(watched.take(part(71, R"({"a.x":4})")).has_value());
}

BOOST_AUTO_TEST_CASE(progress_before_ready_does_not_stand_for_it) {
  progress watched(3, resync_mode::whole);
  watched.begin();

  BOOST_TEST(!watched.take(part(5, "{}")).has_value());
  BOOST_TEST(!watched.established());
  auto const event = watched.take(ready(part(5, "{}")));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(event->ready);
}

BOOST_AUTO_TEST_CASE(a_resync_gives_the_whole_state) {
  auto watched = begun(resync_mode::whole);

  BOOST_TEST(!watched.take(resync(part(9, R"({"a.x":1})"))).has_value());
  auto const event = watched.take(ready(part(9, R"({"a.z":1})")));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(event->resync);
  BOOST_TEST(event->ready);
  BOOST_TEST(values_of(*event) == R"({"a.x":1,"a.z":1})");
  BOOST_TEST(event->removed.empty());
}

BOOST_AUTO_TEST_CASE(each_part_of_a_resync_may_be_marked) {
  auto watched = begun(resync_mode::whole);

  watched.take(resync(part(9, R"({"a.x":1})")));
  auto const event = watched.take(ready(resync(part(9, R"({"a.z":1})"))));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(values_of(*event) == R"({"a.x":1,"a.z":1})");
}

BOOST_AUTO_TEST_CASE(a_resync_begun_anew_forgets_the_first_one) {
  auto watched = begun(resync_mode::whole);

  watched.take(resync(part(9, R"({"a.x":1})")));
  auto const event = watched.take(ready(resync(part(10, R"({"a.z":1})"))));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(values_of(*event) == R"({"a.z":1})");
}

BOOST_AUTO_TEST_CASE(a_resync_may_go_back_in_revisions) {
  auto watched = begun(resync_mode::whole);

  auto const event = watched.take(ready(resync(part(2, R"({"a.x":1})"))));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(watched.revision() == 2U);
  BOOST_TEST(watched.take(part(3, R"({"a.x":2})")).has_value());
}

BOOST_AUTO_TEST_CASE(differences_have_what_changed_and_what_is_gone) {
  auto watched = begun(resync_mode::differences);
  watched.take(part(6, R"({"a.v":[1]})", {"a.x"}));

  auto const event = watched.take(ready(resync(part(9, R"({"a.v":[1],"a.w":0,"a.x":1})"))));

  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(values_of(*event) == R"({"a.w":0,"a.x":1})");
  BOOST_REQUIRE(event->removed.size() == 1U);
  BOOST_TEST(event->removed[0] == "a.y");
}

BOOST_AUTO_TEST_CASE(differences_without_a_known_state_are_the_whole_state) {
  progress watched(3, resync_mode::differences);
  watched.begin();
  watched.take(part(4, R"({"a.x":1})"));

  auto const first = watched.take(ready(resync(part(9, R"({"a.x":1,"a.y":1})"))));
  auto const second = watched.take(ready(resync(part(10, R"({"a.y":2})"))));

  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(values_of(*first) == R"({"a.x":1,"a.y":1})");
  BOOST_REQUIRE(second.has_value());
  BOOST_TEST(values_of(*second) == R"({"a.y":2})");
  BOOST_TEST(second->removed.at(0) == "a.x");
}

BOOST_AUTO_TEST_CASE(behind_a_revision_ready_is_reported_once) {
  progress watched(3, resync_mode::whole);

  BOOST_TEST(watched.begin().value() == 3U);
  auto const event = watched.take(ready(part(3, "{}")));
  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(event->ready);

  BOOST_TEST(watched.begin().value() == 3U);
  BOOST_TEST(!watched.take(ready(part(3, "{}"))).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
