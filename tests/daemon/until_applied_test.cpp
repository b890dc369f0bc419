#include "daemon/until_applied.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// When a change is confirmed and when it is undone. The store has no history, so that every change
// concerns everybody; health checks end when the test says it.

namespace {

using namespace cfgd;
using namespace std::chrono_literals;
using namespace cfgd::test;
using content = consumers::watch::content;

struct fixture {
  temporary_directory directory;
  boost::asio::io_context loop;
  limits bounds;
  consumers programs{bounds};
  consumers::moment const at{.wall = wall_time(1h), .now = consumers::steady::time_point(1h)};
  std::string events;
  std::vector<std::function<void()>> checks;
  std::optional<committer> writer;
  std::optional<query_thread> history;
  std::optional<until_applied> subject;
  std::shared_ptr<consumers::watch> web;

  fixture() {
    auto store = store::config_store::open(directory / "state", bounds).value();
    auto reader = store->make_reader();
    writer.emplace(loop.get_executor(), std::move(store), bounds,
                   [](committer::publication const&) {});
    history.emplace(loop.get_executor(), std::move(reader), *writer, bounds, [] {});
    subject.emplace(until_applied::parts{
        .programs = programs,
        .history = *history,
        .check = [this](std::function<void()> done) { checks.push_back(std::move(done)); },
        .confirm =
            [this](revision_number revision, std::string const&) {
              events += "confirm " + std::to_string(revision) + "; ";
            },
        .undo =
            [this](engine::pending_change const& what, std::string const& reason) {
              events += "undo " + std::to_string(what.revision) + ": " + reason + "; ";
            }});
    web = programs.begin("web", {990, 7}, {.prefixes = {}, .may_read = {}}, at).value();
    for (revision_number revision = 1; revision <= 4; ++revision)
      web->sent(revision, content::some, at.now);
    acknowledge(1);
  }

  void acknowledge(revision_number revision, bool ok = true) {
    BOOST_REQUIRE(programs.acknowledge("web", {990, 7}, {revision, ok, ""}, at).has_value());
  }
  static std::vector<engine::pending_change>
  pending(std::vector<revision_number> const& revisions) {
    std::vector<engine::pending_change> list;
    list.reserve(revisions.size());
    for (auto const one : revisions)
      list.push_back({.revision = one, .what = engine::expiry::kind::applied});
    return list;
  }
  /// Also lets it ask history.
  void follow(std::vector<revision_number> const& revisions) {
    subject->follow(pending(revisions));
    BOOST_REQUIRE(run_until(loop, [this] { return history->waiting() == 0; }));
    bool answered = false;
    history->ask(
        {}, [](store::reading const&) { return true; },
        [&](result<bool> const&) { answered = true; });
    BOOST_REQUIRE(run_until(loop, [&] { return answered; }));
  }
  void end_checks() {
    for (auto const& one : std::exchange(checks, {}))
      one();
  }
};

} // namespace

namespace cases {
BOOST_FIXTURE_TEST_SUITE(until_applied, fixture)

BOOST_AUTO_TEST_CASE(it_is_confirmed_when_it_is_applied_and_the_checks_have_run) {
  follow({2});
  BOOST_TEST(checks.empty());
  acknowledge(2);
  BOOST_TEST(events.empty());
  end_checks();
  BOOST_TEST(events == "confirm 2; ");
}

BOOST_AUTO_TEST_CASE(a_failure_while_the_checks_run_undoes_it) {
  follow({2});
  acknowledge(2);
  acknowledge(2, false);
  end_checks();
  BOOST_TEST(events == "undo 2: the consumer 'web' could not apply it; ");
}

BOOST_AUTO_TEST_CASE(a_failure_of_a_later_revision_does_not_undo_what_is_applied) {
  follow({2});
  acknowledge(2);
  acknowledge(3, false);
  end_checks();
  BOOST_TEST(events == "confirm 2; ");
}

BOOST_AUTO_TEST_CASE(a_failure_of_what_was_applied_with_it_undoes_it) {
  follow({2});
  acknowledge(3);
  acknowledge(3, false);
  end_checks();
  BOOST_TEST(events == "undo 2: the consumer 'web' could not apply it; ");
}

BOOST_AUTO_TEST_CASE(what_is_being_undone_is_not_confirmed_and_not_undone_twice) {
  follow({2});
  acknowledge(2, false);
  BOOST_TEST(events == "undo 2: the consumer 'web' could not apply it; ");

  // Undoing it was refused: it stays pending, whatever happens.
  events.clear();
  follow({2});
  acknowledge(2);
  end_checks();
  subject->on_critical("store");
  follow({2, 3});
  end_checks();

  BOOST_TEST(events.empty());
  BOOST_TEST(checks.empty());
}

BOOST_AUTO_TEST_CASE(a_critical_check_undoes_all_the_newest_first) {
  follow({2, 3});
  acknowledge(3);
  subject->on_critical("store");
  end_checks();
  BOOST_TEST(events == "undo 3: the health check 'store' became critical; "
                       "undo 2: the health check 'store' became critical; ");
}

BOOST_AUTO_TEST_CASE(what_was_confirmed_by_somebody_is_left_alone) {
  follow({2});
  acknowledge(2);
  follow({});
  end_checks();
  subject->on_critical("store");
  BOOST_TEST(events.empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
