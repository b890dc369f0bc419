#include "client/async_connection.hpp"
#include "tests/client/client_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace cfgd::client;
using cfgd::test::answer;
using cfgd::test::exchange;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;
using std::chrono::milliseconds;

namespace {

std::string get_call(std::string const& key) {
  return R"({"method":"io.cfgd.Config.Get","parameters":{"keys":[")" + key + R"("]}})";
}

std::string get_reply(std::string const& key, int value) {
  return R"({"parameters":{"values":{")" + key + "\":" + std::to_string(value) +
         R"(},"missing":[],"revision":7}})";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(async_connection, cfgd::test::loop_fixture)

BOOST_AUTO_TEST_CASE(it_connects_when_it_is_first_used) {
  scripted_peer peer(path, {exchange({{get_call("a.b"), get_reply("a.b", 1)},
                                      {get_call("a.c"), get_reply("a.c", 2)}})});
  cfgd::client::async_connection service(loop.get_executor(), path);

  BOOST_TEST(!service.is_open());
  BOOST_TEST(run(service.get({"a.b"})).value().revision == 7U);
  BOOST_TEST(service.is_open());
  BOOST_TEST(run(service.get_value("a.c")).value()->as_int64() == 2);
  service.close();
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_change_says_what_it_did) {
  scripted_peer peer(
      path, {exchange({{R"({"method":"io.cfgd.Config.Set","parameters":{"values":{"a.b":1}}})",
                        R"({"parameters":{"revision":8,"changed":["a.b"],"warnings":[]}})"}})});
  cfgd::client::async_connection service(loop.get_executor(), path);
  transaction what;
  what.values["a.b"] = 1;

  auto const done = run(service.set(what));

  BOOST_TEST(done.value().revision == 8U);
  BOOST_TEST(done.value().changed.at(0) == "a.b");
}

BOOST_AUTO_TEST_CASE(nobody_at_the_socket_is_unreachable) {
  cfgd::client::async_connection service(loop.get_executor(), path);

  auto const none = run(service.connect());

  BOOST_TEST((none.error().kind == failure::unreachable));
  BOOST_TEST(!service.is_open());
}

BOOST_AUTO_TEST_CASE(calls_of_several_coroutines_go_out_in_turn) {
  scripted_peer peer(path, {exchange({{get_call("a.a"), get_reply("a.a", 1)},
                                      {get_call("a.b"), get_reply("a.b", 2)},
                                      {get_call("a.c"), get_reply("a.c", 3)}})});
  cfgd::client::async_connection service(loop.get_executor(), path);

  auto const first = start(service.get_value("a.a"));
  auto const second = start(service.get_value("a.b"));
  auto const third = run(service.get_value("a.c"));

  BOOST_TEST(finish(first).value()->as_int64() == 1);
  BOOST_TEST(finish(second).value()->as_int64() == 2);
  BOOST_TEST(third.value()->as_int64() == 3);
}

BOOST_AUTO_TEST_CASE(a_refusal_leaves_the_connection_open) {
  scripted_peer peer(path, {exchange({{get_call("A"), R"({"error":"io.cfgd.Config.BadKey"})"},
                                      {get_call("a.b"), get_reply("a.b", 1)}})});
  cfgd::client::async_connection service(loop.get_executor(), path);

  BOOST_TEST(run(service.get({"A"})).error().name == "io.cfgd.Config.BadKey");
  BOOST_TEST(run(service.get({"a.b"})).has_value());
}

BOOST_AUTO_TEST_CASE(it_connects_anew_after_the_service_closed) {
  scripted_peer peer(path, {[](scripted_connection& client) { client.receive(); },
                            exchange({{get_call("a.b"), get_reply("a.b", 1)}})});
  cfgd::client::async_connection service(loop.get_executor(), path);

  auto const lost = run(service.get({"a.b"}));
  auto const found = run(service.get({"a.b"}));

  BOOST_TEST((lost.error().kind == failure::closed));
  BOOST_TEST(found.has_value());
}

BOOST_AUTO_TEST_CASE(silence_ends_with_the_time_limit_also_for_who_waits_for_a_turn) {
  scripted_peer peer(path, {[](scripted_connection& client) { client.wait_for_close(); }});
  cfgd::client::async_connection service(loop.get_executor(), path, milliseconds(30));

  auto const first = start(service.get({"a.b"}));
  auto const second = run(service.get({"a.b"}));

  BOOST_TEST((finish(first).error().kind == failure::timed_out));
  // It either waited in vain, or got the turn and found nobody there any more.
  BOOST_TEST(
      (second.error().kind == failure::timed_out || second.error().kind == failure::unreachable));
}

BOOST_AUTO_TEST_CASE(garbage_is_a_protocol_failure_and_closes) {
  scripted_peer peer(path, {answer("", {"[]"})});
  cfgd::client::async_connection service(loop.get_executor(), path);

  BOOST_TEST((run(service.get({"a.b"})).error().kind == failure::protocol));
  BOOST_TEST(!service.is_open());
  peer.finish();
}

BOOST_AUTO_TEST_CASE(close_ends_what_waits) {
  scripted_peer peer(path, {[](scripted_connection& client) { client.wait_for_close(); }});
  cfgd::client::async_connection service(loop.get_executor(), path);

  auto const first = start(service.get({"a.b"}));
  auto const second = start(service.get({"a.b"}));
  loop.run_for(milliseconds(50)); // both wait now, or will find it closed
  service.close();

  BOOST_TEST((finish(first).error().kind == failure::closed));
  BOOST_TEST((finish(second).error().kind == failure::closed));
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_cancelled_call_closes_and_lets_the_next_one_through) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                              client.receive();
                              client.wait_for_close();
                            },
                            exchange({{get_call("a.c"), get_reply("a.c", 1)}})});
  cfgd::client::async_connection service(loop.get_executor(), path);
  asio::cancellation_signal cancel;
  std::exception_ptr ended;
  asio::co_spawn(loop, service.get({"a.b"}),
                 asio::bind_cancellation_slot(cancel.slot(),
                                              [&](std::exception_ptr const& failed,
                                                  result<snapshot> const&) { ended = failed; }));
  loop.run_one();
  while (!service.is_open())
    loop.run_one();

  cancel.emit(asio::cancellation_type::terminal);
  auto const next = run(service.get_value("a.c"));

  BOOST_TEST((ended != nullptr));
  BOOST_TEST(next.value()->as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(a_stream_keeps_the_connection_until_its_last_reply) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       client.send(R"({"parameters":{"n":1},"continues":true})");
                       client.send(R"({"parameters":{"n":2}})");
                       client.receive();
                       client.send(get_reply("a.b", 3));
                       client.wait_for_close();
                     }});
  cfgd::client::async_connection service(loop.get_executor(), path);

  BOOST_REQUIRE(run(service.begin("a.b.C")));
  auto const waiting = start(service.get_value("a.b"));
  BOOST_TEST(run(service.next_reply(milliseconds(0))).value()->at("n").as_int64() == 1);
  BOOST_TEST(!waiting->has_value());
  BOOST_TEST(run(service.next_reply(milliseconds(0))).value()->at("n").as_int64() == 2);
  BOOST_TEST(!run(service.next_reply(milliseconds(0))).value().has_value());

  BOOST_TEST(finish(waiting).value()->as_int64() == 3);
  BOOST_TEST((run(service.next_reply(milliseconds(0))).error().kind == failure::closed));
}

BOOST_AUTO_TEST_CASE(an_edit_has_a_deadline_and_an_outcome) {
  scripted_peer peer(path,
                     {answer(R"({"method":"io.cfgd.Config.BeginEdit","parameters":{"seconds":60},)"
                             R"("more":true})",
                             {R"({"parameters":{"deadline":"D"},"continues":true})",
                              R"({"parameters":{"revision":9,"changed":["a.b"]}})"})});
  {
    cfgd::client::async_connection service(loop.get_executor(), path);

    auto const deadline = run(service.begin_edit(std::chrono::minutes(1)));
    auto const outcome = run(service.await_edit());

    BOOST_TEST(deadline.value() == "D");
    BOOST_TEST(outcome.value().revision == 9U);
    BOOST_TEST(outcome.value().changed.at(0) == "a.b");
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(history_is_asked_and_answered) {
  scripted_peer peer(
      path,
      {exchange({{R"({"method":"io.cfgd.History.Log","parameters":{"prefix":"a"},"more":true})",
                  R"({"parameters":{"changes":[],"oldest":3}})"},
                 {R"({"method":"io.cfgd.History.Diff","parameters":{"from":1,"to":2}})",
                  R"({"parameters":{"before":{},"after":{"a.b":1}}})"},
                 {R"({"method":"io.cfgd.Config.Confirm","parameters":{"revision":4}})", "{}"}})});
  cfgd::client::async_connection service(loop.get_executor(), path);
  log_query query;
  query.prefix = "a";

  BOOST_TEST(run(service.log(query)).value().oldest == 3U);
  BOOST_TEST(run(service.diff(1, 2, {})).value().after.at("a.b").as_int64() == 1);
  BOOST_TEST(run(service.confirm(4)).has_value());
}

BOOST_AUTO_TEST_CASE(a_silent_stream_ends_with_its_limit) {
  scripted_peer peer(path, {[](scripted_connection& client) { client.wait_for_close(); }});
  cfgd::client::async_connection service(loop.get_executor(), path);
  BOOST_REQUIRE(run(service.begin("a.b.C")));

  BOOST_TEST((run(service.next_reply(milliseconds(20))).error().kind == failure::timed_out));
  BOOST_TEST(!service.is_open());
}

BOOST_AUTO_TEST_SUITE_END()
