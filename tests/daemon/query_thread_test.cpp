#include "daemon/query_thread.hpp"
#include "tests/support/store_requests.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace {

using namespace cfgd;
using namespace std::chrono_literals;
using namespace cfgd::test;

struct fixture {
  temporary_directory directory;
  boost::asio::io_context loop;
  limits bounds;
  std::string events;
  int changes = 0;
  std::optional<committer> writer;
  std::optional<query_thread> subject;

  fixture() {
    bounds.query_time = std::chrono::minutes(1); // a busy machine is not what is tested
    start();
  }
  void start() {
    subject.reset();
    writer.reset();
    auto store = store::config_store::open(directory / "state", bounds).value();
    auto reader = store->make_reader();
    writer.emplace(loop.get_executor(), std::move(store), bounds,
                   [this](committer::publication const& news) {
                     events += "published " + std::to_string(news.what.revision) + "; ";
                   });
    subject.emplace(loop.get_executor(), std::move(reader), *writer, bounds,
                    [this] { events += "lost; "; });
  }

  void change(asker const& who = {}) {
    writer->submit(who, set({{"site.a", std::to_string(++changes)}}),
                   [this](engine::decision const& made) {
                     events += made ? "changed " + std::to_string(made->revision) + "; " : "no; ";
                   });
  }
  /// "NAME 2 1; ", the revisions of site.a. Reads them for at least so long.
  void log(std::string name, asker who = {.uid = 1'000}, std::string const& prefix = "site.a",
           std::chrono::microseconds least = {}) {
    subject->ask(
        std::move(who),
        [prefix, least](store::reading const& in) {
          auto const end = std::chrono::steady_clock::now() + least;
          auto page = in.log({.prefix = to_key(prefix)}, 1'000);
          while (std::chrono::steady_clock::now() < end)
            page = in.log({.prefix = to_key(prefix)}, 1'000);
          return page;
        },
        [this, name = std::move(name)](result<engine::history_page> const& page) {
          events += name;
          if (!page)
            events += ' ' + page.error().subject;
          else
            for (auto const& one : page->changes)
              events += ' ' + std::to_string(one->revision);
          events += "; ";
        });
  }
  /// Reads until it is stopped.
  void read_for_ever(asker who, std::promise<void>& begun) {
    subject->ask(
        std::move(who),
        [&begun](store::reading const& in) -> int {
          begun.set_value();
          while (true)
            static_cast<void>(in.log({}, 1'000));
        },
        [this](result<int> const& none) { events += "ended " + none.error().subject + "; "; });
  }
  bool until(std::string const& text) {
    return run_until(loop, [&] { return events.find(text) != std::string::npos; });
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_FIXTURE_TEST_SUITE(query_thread, fixture)

BOOST_AUTO_TEST_CASE(an_answer_has_the_acknowledged_changes_and_comes_behind_them) {
  change();
  BOOST_REQUIRE(until("changed 1"));
  log("first");
  BOOST_REQUIRE(until("first"));
  change();
  BOOST_REQUIRE(until("changed 2"));
  log("second");

  BOOST_REQUIRE(until("second"));
  BOOST_TEST(events == "published 1; changed 1; first 1; published 2; changed 2; second 2 1; ");
}

BOOST_AUTO_TEST_CASE(a_change_does_not_wait_for_a_question) {
  change();
  std::promise<void> begun;
  std::stop_source gone;
  read_for_ever({.uid = 1'000, .gone = gone.get_token()}, begun);
  begun.get_future().wait();

  change();

  BOOST_TEST(until("changed 2"));
  BOOST_TEST(events.find("ended") == std::string::npos);
  gone.request_stop();
}

BOOST_AUTO_TEST_CASE(the_committer_answers_the_watchdog_while_a_question_runs) {
  std::promise<void> begun;
  std::stop_source gone;
  read_for_ever({.uid = 1'000, .gone = gone.get_token()}, begun);
  begun.get_future().wait();

  // What the service does before it feeds the watchdog.
  writer->query([](store::config_store&) { return true; },
                [this](result<bool> const&) { events += "fed; "; });

  BOOST_TEST(until("fed; "));
  BOOST_TEST(events.find("ended") == std::string::npos);
  gone.request_stop();
}

BOOST_AUTO_TEST_CASE(a_question_ends_at_its_time_limit_and_names_it) {
  bounds.query_time = std::chrono::milliseconds(20);
  start();
  change();
  std::promise<void> begun;
  read_for_ever({.uid = 1'000}, begun);

  BOOST_TEST(until("ended query_time; "));
  log("next");
  BOOST_TEST(until("next"));
}

BOOST_AUTO_TEST_CASE(what_nobody_waits_for_is_dropped_running_or_waiting) {
  change();
  BOOST_REQUIRE(until("changed"));
  std::promise<void> begun;
  std::stop_source gone;
  read_for_ever({.uid = 1'000, .gone = gone.get_token()}, begun);
  begun.get_future().wait();
  for (int question = 0; question < 100; ++question)
    log("dropped", {.uid = 1'000, .gone = gone.get_token()});
  log("kept");

  gone.request_stop();
  subject->drop_gone();

  BOOST_TEST(subject->waiting() <= 1U);
  BOOST_REQUIRE(until("kept 1; "));
  BOOST_TEST(events.find("dropped") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_questions_of_one_user_do_not_keep_another_one_waiting) {
  change();
  BOOST_REQUIRE(until("changed"));
  std::promise<void> begun;
  std::stop_source gone;
  read_for_ever({.uid = 1'000, .gone = gone.get_token()}, begun);
  begun.get_future().wait();
  for (int question = 0; question < 200; ++question)
    log("many", {.uid = 1'000}, "site.a", 100us); // a share of 5 ms is fifty of them
  log("other", {.uid = 1'001});
  gone.request_stop();

  BOOST_REQUIRE(until("other"));
  auto const before = events.substr(0, events.find("other"));
  BOOST_TEST(before.size() < 100 * std::string("many 1; ").size());
}

BOOST_AUTO_TEST_CASE(too_many_questions_of_a_user_are_refused) {
  bounds.queries_waiting_per_uid = 2;
  bounds.queries_waiting = 3;
  start();
  std::promise<void> begun;
  std::stop_source gone;
  read_for_ever({.uid = 1, .gone = gone.get_token()}, begun);
  begun.get_future().wait();
  for (int question = 0; question < 3; ++question)
    log("a");
  BOOST_TEST(events == "a queries_waiting_per_uid; ");
  log("b", {.uid = 1'001});
  log("c", {.uid = 1'002});
  BOOST_TEST(events == "a queries_waiting_per_uid; c queries_waiting; ");
  log("root", {.uid = 0, .is_privileged = true});
  gone.request_stop();

  BOOST_TEST(until("root"));
}

BOOST_AUTO_TEST_CASE(a_flood_that_has_left_does_not_delay_a_change) {
  for (int revision = 0; revision < 50; ++revision)
    change();
  BOOST_REQUIRE(until("changed 50"));
  auto const began = std::chrono::steady_clock::now();
  for (int client = 0; client < 100; ++client) {
    std::stop_source gone;
    log("left", {.uid = 1'000, .gone = gone.get_token()}, "site.none");
    gone.request_stop();
    subject->drop_gone();
  }
  change();

  BOOST_REQUIRE(until("changed 51"));
  BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(20)));
  BOOST_TEST(events.find("left") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(stop_ends_a_question_that_runs) {
  std::promise<void> begun;
  read_for_ever({.uid = 1'000}, begun);
  begun.get_future().wait();
  log("never");
  auto const began = std::chrono::steady_clock::now();

  subject->stop();

  BOOST_TEST((std::chrono::steady_clock::now() - began < std::chrono::seconds(20)));
  BOOST_TEST(subject->waiting() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
