#include "daemon/access.hpp"
#include "daemon/committer.hpp"
#include "tests/support/store_requests.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <future>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace cfgd;
using namespace cfgd::test;
using watchers::observation;

struct fixture {
  temporary_directory directory;
  boost::asio::io_context loop;
  limits bounds;
  /// "published 1", "answered 1", in the order in which the loop got them.
  std::vector<std::string> events;
  std::vector<engine::effective> published; ///< last
  std::optional<committer> subject;

  fixture() { restart(); }
  /// With the bounds of now.
  void restart() {
    subject.reset();
    subject.emplace(loop.get_executor(),
                    store::config_store::open(directory / "state", bounds).value(), bounds,
                    [this](committer::publication const& news) {
                      events.push_back("published " + std::to_string(news.what.revision));
                      published = news.what.effectives;
                    });
  }

  /// Hands over what was submitted: a turn of the loop does.
  void turn() {
    loop.restart();
    loop.poll();
  }
  /// Calls `submit` while the thread is busy, so that all of that waits together.
  void hold(std::function<void()> const& submit) {
    std::promise<void> begun;
    std::promise<void> end;
    subject->query(
        [&begun, may_end = end.get_future().share()](store::config_store&) {
          begun.set_value();
          may_end.wait();
          return true;
        },
        [](result<bool> const&) {});
    begun.get_future().wait();
    submit();
    turn();
    end.set_value();
  }
  committer::finished note() {
    return [this](engine::decision const& made) {
      events.push_back(made ? "answered " + std::to_string(made->revision) : "refused");
    };
  }
  /// A query that is answered by "NAME REVISION".
  void ask(std::string name) {
    subject->query([](store::config_store& store) { return store.revision(); },
                   [this, name = std::move(name)](result<revision_number> const& revision) {
                     events.push_back(name + ' ' + std::to_string(revision.value()));
                   });
  }
  observation file(std::string const& name, std::string const& text) const {
    return {.id = {.where = layer::admin, .relative = name},
            .path = (directory / name).string(),
            .identity = {},
            .what = observation::content{text, {}}};
  }
  bool until(std::size_t count) {
    return run_until(loop, [&] { return events.size() >= count; });
  }
  std::string joined() const {
    std::string all;
    for (auto const& one : events)
      all += one + "; ";
    return all;
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(committer)

BOOST_FIXTURE_TEST_CASE(a_change_is_published_before_its_caller_is_answered, fixture) {
  subject->submit(set({{"site.a", "1"}}), note());
  subject->submit(set({{"site.a", "2"}}), note());

  BOOST_REQUIRE(until(4));
  BOOST_TEST(joined() == "published 1; answered 1; published 2; answered 2; ");
}

BOOST_FIXTURE_TEST_CASE(texts_with_secrets_are_put_together_before_they_are_published, fixture) {
  subject->submit({},
                  {good("admin/site.json", R"({"a":1,"pw":"x"})"),
                   good("schemas/admin/site.json", R"({"properties":{"pw":{"x-secret":true}}})")},
                  engine::grouping::change_per_namespace, note());
  subject->submit(set({{"site.a", "2"}}), note());

  BOOST_REQUIRE(until(4));
  BOOST_REQUIRE(published.size() == 1U);
  BOOST_TEST(published.front().text.is_whole());
  BOOST_TEST(published.front().shown.is_whole());
  BOOST_TEST(*published.front().shown == R"({"a":2})");
}

BOOST_FIXTURE_TEST_CASE(queries_are_answered_in_their_order_behind_earlier_changes, fixture) {
  subject->submit(set({{"site.a", "1"}}), note());
  ask("first");
  ask("second");

  BOOST_REQUIRE(until(4));
  BOOST_TEST(joined() == "published 1; answered 1; first 1; second 1; ");
}

BOOST_FIXTURE_TEST_CASE(a_change_does_not_wait_for_the_queries_that_wait, fixture) {
  std::promise<void> begun;
  std::promise<void> end;
  subject->query(
      [&begun, may_end = end.get_future().share()](store::config_store& store) {
        begun.set_value();
        may_end.wait();
        return store.revision();
      },
      [this](result<revision_number> const&) { events.emplace_back("long"); });
  begun.get_future().wait();
  for (auto const* const name : {"a", "b", "c"})
    ask(name);
  subject->submit(set({{"site.a", "1"}}), note());
  turn();

  end.set_value();

  BOOST_REQUIRE(until(6));
  BOOST_TEST(joined() == "long; published 1; answered 1; a 1; b 1; c 1; ");
}

BOOST_FIXTURE_TEST_CASE(a_waiting_change_loses_to_an_access_file_before_it, fixture) {
  access_policy const policy("no-such-group");
  subject->on_access([this](std::shared_ptr<engine::access_rules const> const& rules) {
    events.push_back("access " + std::to_string(rules->entries.size()));
  });
  std::promise<void> end;
  subject->query(
      [may_end = end.get_future().share()](store::config_store& store) {
        may_end.wait();
        return store.revision();
      },
      [](result<revision_number> const&) {});
  auto entries = file("10.toml", "[[entry]]\ndeny = 'read'\nto = 'any'\nnamespaces = 'site'\n");
  entries.id.what = source_kind::access;
  auto reading = set({{"site.a", "1"}});
  reading.permitted = policy.permission({.uid = 4242, .gid = 4242, .pid = 0, .groups = {}},
                                        {.what = right::read, .names = {"site"}, .keys = {}});
  subject->submit(reading, note());
  subject->submit({entries}, {}, engine::grouping::one_change, [](engine::decision const&) {});
  subject->submit(reading, note());
  end.set_value();

  BOOST_REQUIRE(run_until(loop, [this] { return !events.empty() && events.back() == "refused"; }));
  BOOST_TEST(events.front() == "access 1"); // before the changes of its group are published
  BOOST_TEST(joined().find("answered 1; ") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_is_rejected_or_tried_is_not_published, fixture) {
  auto trial = set({{"site.a", "1"}});
  trial.dry_run = true;
  subject->submit(trial, note());
  auto conflicting = set({{"site.a", "1"}});
  conflicting.if_revision = 7;
  subject->submit(conflicting, note());

  BOOST_REQUIRE(until(2));
  BOOST_TEST(events.back() == "refused");
  for (auto const& one : events)
    BOOST_TEST(!one.starts_with("published"), one);
}

BOOST_FIXTURE_TEST_CASE(files_are_parsed_and_a_faulty_one_is_quarantined, fixture) {
  subject->submit({file("site.json", R"({"a":1})"), file("other.json", "{")}, {},
                  engine::grouping::one_change, note());
  std::string states;
  subject->query([](store::config_store& store) { return store.sources(); },
                 [&](result<std::vector<engine::source_row>> const& rows) {
                   for (auto const& row : rows.value())
                     states.append(row.id.relative)
                         .append(" ")
                         .append(engine::to_string(row.status))
                         .append("; ");
                   events.emplace_back("listed");
                 });

  BOOST_REQUIRE(until(3));
  BOOST_TEST(joined() == "published 1; answered 1; listed; ");
  BOOST_TEST(states == "other.json quarantined; site.json active; ");
}

BOOST_FIXTURE_TEST_CASE(an_exception_of_a_query_is_an_error_and_the_thread_goes_on, fixture) {
  std::optional<errc> code;
  subject->query(
      [](store::config_store&) -> int { throw std::runtime_error("input/output error"); },
      [&](result<int> const& answer) { code = answer.error().code; });
  subject->submit(set({{"site.a", "1"}}), note());

  // The change may overtake the query.
  BOOST_REQUIRE(run_until(loop, [&] { return events.size() >= 2 && code; }));
  BOOST_TEST((code == errc::store_failed));
  BOOST_TEST(joined() == "published 1; answered 1; ");
}

BOOST_FIXTURE_TEST_CASE(commits_and_their_requests_are_counted, fixture) {
  subject->submit(set({{"site.a", "1"}}), note());
  BOOST_REQUIRE(until(2));

  BOOST_TEST(subject->figures().done == 1U);
  BOOST_TEST(subject->figures().requests == 1U);
  BOOST_TEST(subject->figures().failed == 0U);
  BOOST_TEST(subject->waiting() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_thousand_changes_of_a_user_delay_another_one_by_a_group, fixture) {
  bounds.changes_waiting_per_uid = 1'000;
  restart();
  hold([this] {
    for (int value = 0; value < 200; ++value)
      subject->submit({.uid = 1'000}, set({{"site.a", std::to_string(value)}}), note());
    subject->submit({.uid = 1'001}, set({{"site.b", "1"}}), [this](engine::decision const& made) {
      events.push_back("other " + std::to_string(made.value().revision));
    });
  });

  BOOST_REQUIRE(run_until(loop, [&] { return joined().find("other") != std::string::npos; }));
  // A change is expected to take a millisecond, so a group has 20 of them.
  auto const before = joined().substr(0, joined().find("other"));
  BOOST_TEST(before.find("answered 21; ") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_a_turn_of_the_loop_submits_is_one_commit, fixture) {
  for (int value = 0; value < 16; ++value)
    subject->submit({.uid = 1'000}, set({{"site.a", std::to_string(value)}}), note());
  subject->submit({file("other.json", R"({"a":1})")}, {}, engine::grouping::one_change, note());

  BOOST_REQUIRE(until(34));
  BOOST_TEST(subject->figures().done == 1U);
  BOOST_TEST(subject->figures().requests == 17U);
}

BOOST_FIXTURE_TEST_CASE(a_group_has_changes_of_every_user_that_waits, fixture) {
  std::set<uid_t> first;
  for (uid_t uid = 1'000; uid < 1'010; ++uid)
    for (int value = 0; value < 40; ++value)
      subject->submit({.uid = uid}, set({{"site.u" + std::to_string(uid), std::to_string(value)}}),
                      [this, uid, &first](engine::decision const&) {
                        if (subject->figures().done == 1) first.insert(uid);
                        events.emplace_back("answered");
                      });

  BOOST_REQUIRE(run_until(loop, [&] { return std::ranges::count(events, "answered") == 400; }));
  BOOST_TEST(first.size() == 10U);
  BOOST_TEST(subject->figures().done > 1U);
}

BOOST_FIXTURE_TEST_CASE(there_is_room_until_half_of_what_a_user_may_have_waits, fixture) {
  bounds.changes_waiting_per_uid = 4;
  restart();
  hold([this] {
    BOOST_TEST(subject->has_room(1'000));
    subject->submit({.uid = 1'000}, set({{"site.a", "1"}}), note());
    BOOST_TEST(subject->has_room(1'000));
    subject->submit({.uid = 1'000}, set({{"site.a", "2"}}), note());
    BOOST_TEST(!subject->has_room(1'000));
  });

  BOOST_REQUIRE(until(4));
  BOOST_TEST(subject->has_room(1'000));
}

BOOST_FIXTURE_TEST_CASE(changes_of_clients_that_have_gone_are_dropped, fixture) {
  std::stop_source gone;
  hold([&] {
    subject->submit({.uid = 1'000, .gone = gone.get_token()}, set({{"site.a", "1"}}), note());
    subject->submit({.uid = 1'000}, set({{"site.a", "2"}}), note());
    gone.request_stop();
    subject->drop_gone();
  });

  BOOST_REQUIRE(until(2));
  BOOST_TEST(joined() == "published 1; answered 1; ");
}

BOOST_FIXTURE_TEST_CASE(too_many_changes_of_a_user_are_refused, fixture) {
  bounds.changes_waiting_per_uid = 2;
  restart();
  hold([this] {
    for (int value = 0; value < 3; ++value)
      subject->submit({.uid = 1'000}, set({{"site.a", std::to_string(value)}}), note());
    subject->submit({.uid = 1'001}, set({{"site.b", "1"}}), note());
  });

  BOOST_TEST(until(7));
  BOOST_TEST(events.front() == "refused");
  BOOST_TEST(std::ranges::count(events, "refused") == 1);
}

BOOST_FIXTURE_TEST_CASE(stop_finishes_what_was_submitted, fixture) {
  subject->submit(set({{"site.a", "1"}}), note());
  bool stopped = false;
  subject->stop([&] { stopped = true; });

  BOOST_REQUIRE(run_until(loop, [&] { return stopped; }));
  BOOST_TEST(joined() == "published 1; answered 1; ");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
