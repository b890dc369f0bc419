#include "daemon/health/schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace cfgd::health;
using namespace std::chrono_literals;

/// A schedule and the time, which a test moves.
struct scheduled {
  schedule::time now{};
  schedule all;

  void add(std::string name, pace how = {.interval = 30s, .limit = 5s}) {
    all.add(std::move(name), how, now);
  }
  /// "a b": what begins now.
  std::string due() {
    std::string names;
    for (auto const& one : all.take_due(now)) {
      names.append(names.empty() ? "" : " ").append(one.name);
      runs[one.name] = one.run;
      asked[one.name] = one.asked;
    }
    return names;
  }
  bool finish(std::string const& name, schedule::outlook next = schedule::outlook::settled) {
    return all.finish(name, runs[name], now, next);
  }

  std::map<std::string, schedule::number> runs;
  std::map<std::string, bool> asked;
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_schedule)

BOOST_FIXTURE_TEST_CASE(each_check_runs_at_once_and_then_in_its_own_interval, scheduled) {
  add("slow", {.interval = 30s, .limit = 5s});
  add("quick", {.interval = 10s, .limit = 5s});

  BOOST_TEST(due() == "quick slow");
  BOOST_TEST(due().empty());
  finish("quick");
  finish("slow");

  now += 9s;
  BOOST_TEST(due().empty());
  now += 1s;
  BOOST_TEST(due() == "quick");
  finish("quick");
  now += 20s;
  BOOST_TEST(due() == "quick slow");
}

BOOST_FIXTURE_TEST_CASE(intervals_are_counted_from_start_to_start, scheduled) {
  add("a", {.interval = 10s, .limit = 5s});
  due();

  now += 4s;
  finish("a");

  BOOST_TEST((all.next().value() == schedule::time(10s)));
}

BOOST_FIXTURE_TEST_CASE(a_check_that_takes_longer_than_its_interval_rests_for_one, scheduled) {
  add("a", {.interval = 1s, .limit = 60s});
  due();

  now += 10s;
  finish("a");

  BOOST_TEST((all.next().value() == schedule::time(11s)));
}

BOOST_FIXTURE_TEST_CASE(one_that_does_not_answer_is_overdue_once_and_not_started_again, scheduled) {
  add("a");
  due();

  now += 4'999ms;
  BOOST_TEST(all.take_overdue(now).empty());
  now += 1ms;
  BOOST_TEST(all.take_overdue(now) == std::vector<std::string>{"a"});
  BOOST_TEST(all.take_overdue(now).empty());
  BOOST_TEST(!all.next().has_value());
  now += 1h;
  BOOST_TEST(due().empty());

  BOOST_TEST(finish("a"));
  now += 30s;
  BOOST_TEST(due() == "a");
}

BOOST_FIXTURE_TEST_CASE(an_answer_counts_once_and_only_for_its_run, scheduled) {
  add("a");
  due();
  auto const first = runs["a"];
  BOOST_TEST(finish("a"));
  BOOST_TEST(!finish("a"));
  now += 30s;
  due();

  BOOST_TEST(!all.finish("a", first, now, schedule::outlook::settled));
  BOOST_TEST(!all.awaits("a", first));
  BOOST_TEST(all.awaits("a", runs["a"]));
  BOOST_TEST(!all.finish("gone", runs["a"], now, schedule::outlook::settled));
}

BOOST_FIXTURE_TEST_CASE(what_is_in_doubt_is_looked_into_soon, scheduled) {
  add("slow", {.interval = 300s, .limit = 5s});
  add("quick", {.interval = 2s, .limit = 1s});
  due();

  finish("slow", schedule::outlook::in_doubt);
  finish("quick", schedule::outlook::in_doubt);

  BOOST_TEST((all.next().value() == schedule::time(2s)));
  now += 2s;
  BOOST_TEST(due() == "quick");
  now += 3s;
  BOOST_TEST(due() == "slow");
}

BOOST_FIXTURE_TEST_CASE(one_that_is_asked_for_runs_now_and_knows_it, scheduled) {
  add("a");
  due();
  finish("a");
  now += 1s;

  auto const ticket = all.ask("a", now);
  BOOST_TEST(!all.is_done("a", ticket));
  BOOST_TEST(due() == "a");
  BOOST_TEST(asked["a"]);
  BOOST_TEST(!all.is_done("a", ticket));
  finish("a");

  BOOST_TEST(all.is_done("a", ticket));
  now += 30s;
  due();
  BOOST_TEST(!asked["a"]);
}

BOOST_FIXTURE_TEST_CASE(a_run_under_way_does_not_count_for_who_asks_later, scheduled) {
  add("a");
  due();

  auto const ticket = all.ask("a", now);
  BOOST_TEST(due().empty()); // one at a time
  now += 1s;
  finish("a");
  BOOST_TEST(!all.is_done("a", ticket));
  BOOST_TEST(due() == "a");
  BOOST_TEST(asked["a"]);
  finish("a");

  BOOST_TEST(all.is_done("a", ticket));
}

BOOST_FIXTURE_TEST_CASE(who_asks_for_one_that_is_stuck_is_not_kept_waiting, scheduled) {
  add("a");
  due();
  now += 5s;
  all.take_overdue(now);

  auto const ticket = all.ask("a", now);

  BOOST_TEST(all.is_done("a", ticket));
  BOOST_TEST(due().empty());
  finish("a");
  BOOST_TEST(due() == "a");
}

BOOST_FIXTURE_TEST_CASE(a_changed_input_runs_a_check_at_once, scheduled) {
  add("a");
  due();
  now += 1s;
  finish("a");

  auto const ticket = all.refresh("a", now);

  BOOST_TEST(!all.is_done("a", ticket));
  BOOST_TEST(due() == "a");
  BOOST_TEST(asked["a"]);
  finish("a");
  BOOST_TEST(all.is_done("a", ticket));
}

BOOST_FIXTURE_TEST_CASE(changes_that_follow_each_other_fast_share_a_run, scheduled) {
  add("a");
  due();
  finish("a");

  auto const ticket = all.refresh("a", now + 10ms);
  now += 20ms;
  all.refresh("a", now);

  BOOST_TEST(due().empty());
  BOOST_TEST((*all.next() == now + 80ms));
  now += 80ms;
  BOOST_TEST(due() == "a");
  finish("a");
  BOOST_TEST(all.is_done("a", ticket));
  now += 1s;
  BOOST_TEST(due().empty());
}

BOOST_FIXTURE_TEST_CASE(a_change_during_a_run_needs_another_run, scheduled) {
  add("a");
  due();
  now += 10ms;
  auto const ticket = all.refresh("a", now);
  now += 10ms;
  finish("a");

  BOOST_TEST(!all.is_done("a", ticket));
  BOOST_TEST(due().empty());
  now += 80ms;
  BOOST_TEST(due() == "a");
}

BOOST_FIXTURE_TEST_CASE(one_that_is_removed_is_done_for_everybody, scheduled) {
  add("a");
  auto const ticket = all.ask("a", now);
  due();

  all.remove("a");

  BOOST_TEST(!all.contains("a"));
  BOOST_TEST(all.is_done("a", ticket));
  BOOST_TEST(!finish("a"));
  BOOST_TEST(!all.next().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
