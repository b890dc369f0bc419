#include "daemon/health/monitor.hpp"
#include "daemon/health/workers.hpp"
#include "ipc/task_group.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace cfgd;
using namespace cfgd::health;
using namespace std::chrono_literals;

/// A monitor that runs on a loop.
struct monitored {
  monitored() : tasks(loop.get_executor(), nullptr) { tasks.spawn("monitor", checks.run()); }
  ~monitored() {
    tasks.cancel();
    test::run_until(loop, [this] { return tasks.size() == 0; });
  }
  monitored(monitored const&) = delete;
  monitored& operator=(monitored const&) = delete;

  void add(std::string name, std::function<void(completion const&)> run,
           pace how = {.interval = 60s, .limit = 20s}) {
    checks.add({.name = std::move(name), .how = how, .run = std::move(run)});
  }
  bool until(std::function<bool()> const& holds) { return test::run_until(loop, holds); }
  state of(std::string_view name) { return checks.find(name)->found.what; }
  std::string message(std::string_view name) { return checks.find(name)->found.message; }
  /// Runs one check, or all that are named.
  void run_now(std::vector<std::string> names) {
    bool done = false;
    checks.run_now(std::move(names), [&] { done = true; });
    BOOST_REQUIRE(until([&] { return done; }));
  }

  boost::asio::io_context loop{1};
  std::vector<std::string> changes;
  monitor checks{loop.get_executor(), [this](monitor::transition const& what) {
                   changes.push_back(what.now.name + ' ' + std::string(to_string(what.before)) +
                                     ' ' + std::string(to_string(what.now.found.what)) + ' ' +
                                     std::string(to_string(what.overall)));
                 }};
  ipc::task_group tasks;
};

void is_well(completion const& done) { done({.message = "fine"}); }

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_monitor)

BOOST_FIXTURE_TEST_CASE(before_it_has_run_a_check_is_unknown, monitored) {
  add("a", is_well);

  BOOST_TEST((of("a") == state::unknown));
  BOOST_TEST((checks.overall() == state::unknown));
  BOOST_TEST(until([&] { return of("a") == state::healthy; }));
  BOOST_TEST((checks.overall() == state::healthy));
}

BOOST_FIXTURE_TEST_CASE(checks_run_side_by_side, monitored) {
  std::vector<completion> open;
  for (char const* const name : {"a", "b", "c"})
    add(name, [&](completion const& done) { open.push_back(done); });

  BOOST_TEST(until([&] { return open.size() == 3; }));

  open[1]({.message = "second"});
  BOOST_TEST((of("b") == state::healthy));
  BOOST_TEST((of("a") == state::unknown));
}

BOOST_FIXTURE_TEST_CASE(what_one_throws_is_critical_for_it_alone, monitored) {
  add("bad", [](completion const&) { throw std::runtime_error("no such luck"); });
  add("good", is_well);

  BOOST_TEST(until([&] { return of("bad") == state::critical; }));

  BOOST_TEST(message("bad") == "the check failed: no such luck");
  BOOST_TEST((of("good") == state::healthy));
  BOOST_TEST((checks.overall() == state::critical));
  BOOST_TEST(changes.front() == "bad unknown critical critical");
}

BOOST_FIXTURE_TEST_CASE(no_answer_within_the_limit_is_critical_and_starts_nothing_more, monitored) {
  std::vector<completion> open;
  add("a", [&](completion const& done) { open.push_back(done); },
      {.interval = 10ms, .limit = 500ms});

  BOOST_TEST(until([&] { return of("a") == state::critical; }));
  BOOST_TEST(message("a") == "no answer within 500 ms");
  BOOST_TEST(!test::run_until(
      loop, [&] { return open.size() > 1; }, 100ms));

  open[0]({.message = "late"});
  BOOST_TEST((of("a") == state::critical)); // one good answer is not enough
  BOOST_TEST(until([&] { return open.size() == 2; }));
  open[1]({.message = "in time"});

  BOOST_TEST((of("a") == state::healthy));
  BOOST_TEST(checks.figures().find("a")->second.overdue == 1U);
  BOOST_TEST(checks.figures().find("a")->second.transitions == 2U);
}

BOOST_FIXTURE_TEST_CASE(who_asks_gets_a_run_that_began_after_the_question, monitored) {
  int runs = 0;
  add("a", [&](completion const& done) { done({.message = std::to_string(++runs)}); });
  BOOST_TEST(until([&] { return runs == 1; }));

  run_now({"a"});

  BOOST_TEST(message("a") == "2");
}

BOOST_FIXTURE_TEST_CASE(a_result_that_was_asked_for_stands_at_once, monitored) {
  state next = state::critical;
  add("a", [&](completion const& done) { done({.what = next}); });
  BOOST_TEST(until([&] { return of("a") == state::critical; }));

  next = state::healthy;
  run_now({"a"});

  BOOST_TEST((of("a") == state::healthy));
}

BOOST_FIXTURE_TEST_CASE(who_asks_for_one_that_hangs_is_answered_at_its_limit, monitored) {
  add("stuck", [](completion const&) {}, {.interval = 60s, .limit = 50ms});
  add("good", is_well);

  run_now({"good", "stuck"});

  BOOST_TEST((of("stuck") == state::critical));
}

BOOST_FIXTURE_TEST_CASE(reports_stand_in_the_order_of_the_checks, monitored) {
  add("z", is_well);
  add("a", is_well);

  auto const all = checks.reports();

  BOOST_REQUIRE(all.size() == 2U);
  BOOST_TEST(all[0].name == "z");
  BOOST_TEST(all[1].name == "a");
}

BOOST_FIXTURE_TEST_CASE(the_result_of_a_removed_check_is_ignored, monitored) {
  std::vector<completion> open;
  add("a", [&](completion const& done) { open.push_back(done); });
  BOOST_TEST(until([&] { return open.size() == 1; }));

  checks.remove("a");
  open[0]({.what = state::critical});

  BOOST_TEST(checks.reports().empty());
  BOOST_TEST(changes.empty());
}

BOOST_FIXTURE_TEST_CASE(the_lateness_of_the_loop_is_seen, monitored) {
  add("a", is_well, {.interval = 10ms, .limit = 60s});
  BOOST_TEST(until([&] { return of("a") == state::healthy; }));
  checks.take_lateness();

  auto const began = std::chrono::steady_clock::now();
  boost::asio::post(loop, [&] {
    while (std::chrono::steady_clock::now() - began < 120ms) {
    }
  });
  auto const runs = checks.figures().find("a")->second.runs;
  BOOST_TEST(until([&] { return checks.figures().find("a")->second.runs > runs; }));

  BOOST_TEST((checks.take_lateness() > 50ms));
}

BOOST_FIXTURE_TEST_CASE(work_on_threads_comes_back_to_the_loop, monitored) {
  workers threads(loop.get_executor());
  std::thread::id done_by;

  auto const mine = std::this_thread::get_id();
  std::thread::id worked;
  threads.run([&]() -> workers::job {
    worked = std::this_thread::get_id();
    return [&] { done_by = std::this_thread::get_id(); };
  });
  BOOST_TEST(until([&] { return done_by != std::thread::id(); }));

  BOOST_TEST((done_by == mine));
  BOOST_TEST((worked != mine));
}

BOOST_FIXTURE_TEST_CASE(what_is_stuck_on_a_thread_holds_up_nothing_else, monitored) {
  struct gate {
    std::mutex mutex;
    std::condition_variable opened;
    bool open = false;
  };
  auto const blocks = std::make_shared<gate>();
  workers threads(loop.get_executor());
  int done = 0;

  threads.run([blocks]() -> workers::job {
    std::unique_lock locked(blocks->mutex);
    blocks->opened.wait(locked, [&] { return blocks->open; });
    return [] {};
  });
  for (int n = 0; n < 20; ++n)
    threads.run([&]() -> workers::job { return [&] { ++done; }; });
  BOOST_TEST(until([&] { return done == 20; }));

  std::lock_guard const locked(blocks->mutex);
  blocks->open = true;
  blocks->opened.notify_all();
}

BOOST_AUTO_TEST_CASE(a_thread_that_never_ends_does_not_keep_the_end) {
  auto const never = std::make_shared<std::mutex>();
  std::unique_lock held(*never);
  boost::asio::io_context loop{1};
  auto const began = std::chrono::steady_clock::now();
  {
    workers threads(loop.get_executor());
    threads.run([never]() -> workers::job {
      std::lock_guard const waits(*never);
      return [] { throw std::logic_error("the loop is gone"); };
    });
  }

  BOOST_TEST((std::chrono::steady_clock::now() - began < 15s));
  held.unlock();
  loop.run();
}

BOOST_FIXTURE_TEST_CASE(a_report_waits_for_a_check_whose_input_has_changed, monitored) {
  bool broken = false;
  add("a", [&](completion const& done) {
    done({.what = broken ? state::warning : state::healthy, .message = {}});
  });
  run_now({"a"});
  bool called = false;
  checks.when_current([&] { called = true; });
  BOOST_TEST(called);

  broken = true;
  checks.set_input_lookup([&] {
    if (broken) checks.refresh("a");
  });
  called = false;
  checks.when_current([&] { called = true; });
  BOOST_TEST(!called);

  BOOST_REQUIRE(until([&] { return called; }));
  // At once, without a second run to confirm it.
  BOOST_TEST((of("a") == state::warning));
}

BOOST_FIXTURE_TEST_CASE(a_changed_input_of_no_check_is_ignored, monitored) {
  checks.refresh("none");
  bool called = false;
  checks.when_current([&] { called = true; });
  BOOST_TEST(called);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
