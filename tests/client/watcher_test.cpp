#include "client/watcher.hpp"
#include "core/json.hpp"
#include "tests/client/client_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace cfgd::client;
using cfgd::test::answer;
using cfgd::test::ending;
using cfgd::test::scripted_peer;
using std::chrono::milliseconds;

namespace {

struct fixture : cfgd::test::loop_fixture {
  watch_options options() const {
    watch_options out;
    out.prefixes = {"a"};
    out.address = path;
    out.shortest_wait = milliseconds(1);
    out.longest_wait = milliseconds(4);
    return out;
  }

  result<watch_event> next(cfgd::client::watcher& watched) { return run(watched.next()); }
};

std::string const from_start =
    R"({"method":"io.cfgd.Config.Watch","parameters":{"prefixes":["a"]},"more":true})";

std::string from(int revision) {
  return R"({"method":"io.cfgd.Config.Watch","parameters":{"prefixes":["a"],"afterRevision":)" +
         std::to_string(revision) + R"(},"more":true})";
}

std::string event(std::string const& fields) {
  return R"({"parameters":{)" + fields + R"(},"continues":true})";
}

std::string values_of(result<watch_event> const& what) {
  return cfgd::json::canonical(what.value().values);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(watcher, fixture)

BOOST_AUTO_TEST_CASE(the_state_comes_first_and_then_every_revision) {
  scripted_peer peer(path,
                     {answer(from_start, {event(R"("values":{"a.b":1},"revision":5)"),
                                          event(R"("values":{"a.c":2},"ready":true,"revision":5)"),
                                          event(R"("values":{"a.b":3},"revision":6)"),
                                          event(R"("removed":["a.c"],"revision":9)")})});
  cfgd::client::watcher watched(loop.get_executor(), options());

  auto const state = next(watched);
  auto const first = next(watched);
  auto const second = next(watched);

  BOOST_TEST(values_of(state) == R"({"a.b":1,"a.c":2})");
  BOOST_TEST(state->ready);
  BOOST_TEST(values_of(first) == R"({"a.b":3})");
  BOOST_TEST(second->removed.at(0) == "a.c");
  BOOST_TEST(watched.revision() == 9U);
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_made_again_and_nothing_is_missed_or_repeated) {
  scripted_peer peer(
      path, {answer(from_start, {event(R"("values":{"a.b":1},"ready":true,"revision":5)")},
                    ending::close),
             answer(from(5), {}, ending::close),
             answer(from(5),
                    {event(R"("values":{"a.b":1},"revision":5)"),
                     event(R"("values":{"a.b":2},"revision":6)"), R"({"parameters":{"val)"},
                    ending::close),
             answer(from(6), {event(R"("ready":true,"revision":6)"),
                              event(R"("values":{"a.b":3},"revision":7)")})});
  std::vector<failure> lost;
  auto how = options();
  how.on_lost = [&](call_error const& why) { lost.push_back(why.kind); };
  cfgd::client::watcher watched(loop.get_executor(), how);

  BOOST_TEST(next(watched).value().revision == 5U);
  BOOST_TEST(values_of(next(watched)) == R"({"a.b":2})");
  BOOST_TEST(values_of(next(watched)) == R"({"a.b":3})");

  // Reported once for the first two, which brought nothing, and once for the third.
  BOOST_REQUIRE(lost.size() == 2U);
  BOOST_TEST((lost[0] == failure::closed));
}

BOOST_AUTO_TEST_CASE(a_watch_is_resumed_in_the_store_that_it_was_of) {
  auto const in_store = [](std::string const& id) {
    return R"({"method":"io.cfgd.Config.Watch","parameters":{"prefixes":["a"],)"
           R"("afterRevision":5,"storeId":")" +
           id + R"("},"more":true})";
  };
  scripted_peer peer(
      path, {answer(in_store("first"), {event(R"("storeId":"first","ready":true,"revision":5)")},
                    ending::close),
             answer(in_store("first"),
                    {event(R"("storeId":"other","values":{"a.b":2},"resync":true,"ready":true,)"
                           R"("revision":5)")},
                    ending::close),
             answer(in_store("other"), {event(R"("values":{"a.b":3},"revision":6)")})});
  auto how = options();
  how.after_revision = 5;
  how.store_id = "first";
  cfgd::client::watcher watched(loop.get_executor(), how);

  BOOST_TEST(next(watched).value().ready);
  BOOST_TEST(watched.store_id().value() == "first");
  BOOST_TEST(next(watched).value().resync);
  BOOST_TEST(watched.store_id().value() == "other");
  BOOST_TEST(values_of(next(watched)) == R"({"a.b":3})");
}

BOOST_AUTO_TEST_CASE(a_state_cut_in_the_middle_is_asked_for_again) {
  scripted_peer peer(
      path, {answer(from_start, {event(R"("values":{"a.b":1},"revision":5)")}, ending::close),
             answer(from_start, {event(R"("values":{"a.c":1},"ready":true,"revision":6)")})});
  cfgd::client::watcher watched(loop.get_executor(), options());

  BOOST_TEST(values_of(next(watched)) == R"({"a.c":1})");
}

BOOST_AUTO_TEST_CASE(a_resync_is_reported_as_differences) {
  scripted_peer peer(
      path, {answer(from_start, {event(R"("values":{"a.b":1,"a.c":1},"ready":true,"revision":5)")},
                    ending::close),
             answer(from(5), {event(R"("resync":true,"values":{"a.b":1},"revision":90)"),
                              event(R"("values":{"a.d":1},"ready":true,"revision":90)")})});
  auto how = options();
  how.resync = resync_mode::differences;
  cfgd::client::watcher watched(loop.get_executor(), how);
  next(watched).value();

  auto const again = next(watched);

  BOOST_TEST(again.value().resync);
  BOOST_TEST(values_of(again) == R"({"a.d":1})");
  BOOST_TEST(again->removed.at(0) == "a.c");
}

BOOST_AUTO_TEST_CASE(nobody_there_at_first_is_an_error_unless_retry_is_wanted) {
  cfgd::client::watcher watched(loop.get_executor(), options());

  BOOST_TEST((next(watched).error().kind == failure::unreachable));
  BOOST_TEST((next(watched).error().kind == failure::closed));

  std::optional<scripted_peer> peer;
  auto how = options();
  how.first = first_connect::retry;
  how.on_lost = [&](call_error const&) {
    peer.emplace(path, std::vector{answer(from_start, {event(R"("ready":true,"revision":1)")})});
  };
  cfgd::client::watcher patient(loop.get_executor(), how);

  BOOST_TEST(next(patient).value().ready);
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_it) {
  scripted_peer peer(path, {answer(from_start, {R"({"error":"io.cfgd.Config.BadKey"})"})});
  cfgd::client::watcher watched(loop.get_executor(), options());

  BOOST_TEST(next(watched).error().name == "io.cfgd.Config.BadKey");
}

BOOST_AUTO_TEST_CASE(a_full_service_is_tried_again_after_a_reconnect) {
  scripted_peer peer(
      path, {answer(from_start, {event(R"("ready":true,"revision":1)")}, ending::close),
             answer(from(1), {R"({"error":"io.cfgd.Config.LimitExceeded"})"}, ending::close),
             answer(from(1), {event(R"("values":{"a.b":1},"revision":2)")})});
  cfgd::client::watcher watched(loop.get_executor(), options());

  BOOST_TEST(next(watched).value().ready);
  BOOST_TEST(next(watched).value().revision == 2U);
}

BOOST_AUTO_TEST_CASE(a_state_that_does_not_come_is_an_error_of_time) {
  scripted_peer peer(path, {answer(from_start, {})});
  auto how = options();
  how.time_limit = milliseconds(30);
  cfgd::client::watcher watched(loop.get_executor(), how);

  BOOST_TEST((next(watched).error().kind == failure::timed_out));
}

BOOST_AUTO_TEST_CASE(stop_ends_next) {
  scripted_peer peer(path, {answer(from_start, {event(R"("ready":true,"revision":1)")})});
  cfgd::client::watcher watched(loop.get_executor(), options());
  next(watched).value();

  auto const outcome = start(watched.next());
  loop.restart();
  loop.poll();
  BOOST_TEST(!outcome->has_value());
  watched.stop();
  loop.restart();
  loop.run_for(std::chrono::seconds(20));

  BOOST_REQUIRE(outcome->has_value());
  BOOST_TEST(((*outcome)->error().kind == failure::closed));
  peer.finish();
}

BOOST_AUTO_TEST_SUITE_END()
