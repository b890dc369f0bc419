#include "tests/integration/fixture.hpp"
#include "tests/support/foreign_writer.hpp"

#include <boost/test/unit_test.hpp>

// A process that is not the daemon commits to the daemon's store: the test itself.

namespace cases {

using namespace cfgd::test;

BOOST_AUTO_TEST_SUITE(foreign)

BOOST_FIXTURE_TEST_CASE(a_commit_of_another_process_is_visible_and_pushed, running) {
  daemon.start();
  daemon.connect().set({.values = {{"site.a", 1}}}).value();
  auto watching = watch(daemon.socket());

  foreign_writer::write_two_revisions(root / "state" / "data", 1, "1");

  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"site.a":"one"})");
  auto const second = watching.parameters();
  BOOST_TEST(text_of(second.at("values")) == R"({"site.a":"two"})");
  BOOST_TEST(text_of(second.at("revision")) == "3");
  BOOST_TEST(value("site.a") == R"("two")");
  BOOST_TEST(daemon.connect().set({.values = {{"site.b", 2}}}).value().revision == 4U);
}

BOOST_FIXTURE_TEST_CASE(a_value_that_nobody_recorded_makes_watchers_start_over, running) {
  daemon.start();
  daemon.connect().set({.values = {{"site.a", 1}}}).value();
  auto watching = watch(daemon.socket());

  foreign_writer::write_value_alone(root / "state" / "data", 1, "7");

  auto const state = watching.parameters();
  BOOST_TEST(state.contains("resync"));
  BOOST_TEST(text_of(state.at("values")) == R"({"site.a":7})");
  BOOST_TEST(value("site.a") == "7");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
