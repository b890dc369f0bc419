#include "cfgctl/commands/supervision.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using supervising = cfgd::cfgctl::supervision;
using act = supervising::act;
using outcome = supervising::outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct supervised {
  explicit supervised(supervising::on_change reaction = supervising::on_change::restart)
      : plan({.reaction = reaction}) {}

  void start() { BOOST_REQUIRE((plan.changed(now) == act::start)); }
  void settle() {
    BOOST_REQUIRE(plan.deadline().has_value());
    now = *plan.deadline();
    BOOST_REQUIRE((plan.expired(now) == act::nothing));
    BOOST_REQUIRE(plan.is_running());
  }
  /// A change of a program that runs, which makes it end and start again.
  void restart() {
    BOOST_REQUIRE((plan.changed(now) == act::stop));
    BOOST_REQUIRE((plan.ended(now, 143) == act::start));
  }

  supervising::clock::time_point now{};
  supervising plan;
};

} // namespace

BOOST_AUTO_TEST_SUITE(supervision)

BOOST_FIXTURE_TEST_CASE(the_end_of_a_program_is_the_end, supervised) {
  start();

  BOOST_TEST((plan.ended(now, 3) == act::finish));
  BOOST_TEST(plan.exit_code() == 3);
  BOOST_TEST((plan.take_outcome() == outcome::failed));
}

BOOST_FIXTURE_TEST_CASE(settings_are_applied_once_the_program_has_run_for_a_while, supervised) {
  start();
  BOOST_TEST((plan.take_outcome() == outcome::none));
  settle();

  BOOST_TEST((plan.take_outcome() == outcome::applied));
  BOOST_TEST((plan.take_outcome() == outcome::none));
  BOOST_TEST(!plan.deadline().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_change_stops_and_starts_it, supervised) {
  start();
  settle();

  BOOST_TEST((plan.changed(now) == act::stop));
  BOOST_TEST((plan.changed(now) == act::nothing));
  BOOST_TEST((plan.ended(now, 143) == act::start));
  BOOST_TEST(plan.has_latest());
}

BOOST_FIXTURE_TEST_CASE(a_program_that_does_not_stop_is_killed_once, supervised) {
  start();
  settle();
  BOOST_TEST_REQUIRE((plan.changed(now) == act::stop));
  BOOST_TEST((*plan.deadline() - now == seconds(10)));

  BOOST_TEST((plan.expired(now + seconds(10)) == act::kill));
  BOOST_TEST(!plan.deadline().has_value());
  BOOST_TEST((plan.ended(now, 137) == act::start));
}

BOOST_FIXTURE_TEST_CASE(a_burst_is_one_restart_after_the_program_has_settled, supervised) {
  start();
  for (int change = 0; change < 200; ++change)
    BOOST_TEST_REQUIRE((plan.changed(now) == act::nothing));
  BOOST_TEST(!plan.has_latest());

  BOOST_TEST((plan.expired(*plan.deadline()) == act::stop));
  BOOST_TEST((plan.ended(now, 0) == act::start));
  BOOST_TEST(plan.has_latest());
  settle();
}

BOOST_FIXTURE_TEST_CASE(a_restart_that_fails_at_once_is_tried_again_and_then_given_up, supervised) {
  start();
  settle();
  plan.take_outcome();
  restart();

  for (int wait : {200, 400, 800, 1600, 3200}) {
    BOOST_TEST_REQUIRE((plan.ended(now, 1) == act::nothing));
    BOOST_TEST((plan.take_outcome() == outcome::failed));
    BOOST_TEST((*plan.deadline() - now == milliseconds(wait)));
    now = *plan.deadline();
    BOOST_TEST_REQUIRE((plan.expired(now) == act::start));
  }

  BOOST_TEST((plan.ended(now, 1) == act::finish));
  BOOST_TEST(plan.exit_code() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_change_ends_the_wait_and_counts_anew, supervised) {
  start();
  settle();
  restart();
  BOOST_TEST_REQUIRE((plan.ended(now, 1) == act::nothing));

  BOOST_TEST((plan.changed(now) == act::start));
  BOOST_TEST((plan.ended(now, 1) == act::nothing));
  BOOST_TEST((*plan.deadline() - now == milliseconds(200)));
}

BOOST_FIXTURE_TEST_CASE(a_restarted_program_that_ends_well_is_the_end, supervised) {
  start();
  settle();
  restart();

  BOOST_TEST((plan.ended(now, 0) == act::finish));
}

BOOST_FIXTURE_TEST_CASE(nothing_is_started_once_the_end_was_asked_for, supervised) {
  start();
  settle();
  BOOST_TEST_REQUIRE((plan.changed(now) == act::stop));

  BOOST_TEST((plan.asked_to_end() == act::nothing));
  BOOST_TEST((plan.changed(now) == act::nothing));
  BOOST_TEST((plan.ended(now, 143) == act::finish));
  BOOST_TEST(plan.exit_code() == 143);
}

BOOST_FIXTURE_TEST_CASE(a_wait_ends_when_the_end_is_asked_for, supervised) {
  start();
  settle();
  restart();
  BOOST_TEST_REQUIRE((plan.ended(now, 5) == act::nothing));

  BOOST_TEST((plan.asked_to_end() == act::finish));
  BOOST_TEST(plan.exit_code() == 5);
}

BOOST_AUTO_TEST_CASE(a_signal_waits_until_the_program_has_settled) {
  supervised one(supervising::on_change::signal);
  one.start();
  BOOST_TEST((one.plan.changed(one.now) == act::nothing));

  BOOST_TEST((one.plan.expired(*one.plan.deadline()) == act::signal));
  one.plan.take_outcome();
  BOOST_TEST((one.plan.changed(one.now) == act::signal));
  BOOST_TEST((one.plan.take_outcome() == outcome::applied));
  BOOST_TEST((one.plan.ended(one.now, 0) == act::finish));
}

BOOST_AUTO_TEST_SUITE_END()
