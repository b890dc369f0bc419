#include "tests/client/client_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

using namespace cfgd::client;
using cfgd::test::answer;
using cfgd::test::exchange;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;
using std::chrono::milliseconds;

namespace {

std::string const get_call = R"({"method":"io.cfgd.Config.Get","parameters":{"keys":["a.b"]}})";
std::string const get_reply = R"({"parameters":{"values":{"a.b":1},"missing":[],"revision":7}})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(connection, cfgd::test::client_fixture)

BOOST_AUTO_TEST_CASE(nobody_at_the_socket_is_unreachable_and_named) {
  auto const none = cfgd::client::connection::connect(path);

  BOOST_REQUIRE(!none);
  BOOST_TEST((none.error().kind == failure::unreachable));
  BOOST_TEST(none.error().message.find(path) != std::string::npos);
  BOOST_TEST(none.error().message.find("No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(calls_are_answered_one_after_the_other) {
  scripted_peer peer(path, {exchange({{get_call, get_reply}, {get_call, get_reply}})});
  {
    auto service = connected();

    BOOST_TEST(service.get({"a.b"}).value().revision == 7U);
    BOOST_TEST(service.get_value("a.b").value()->as_int64() == 1);
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(an_absent_value_is_no_error) {
  scripted_peer peer(path, {exchange({{get_call, R"({"parameters":{"values":{},"missing":["a.b"],)"
                                                 R"("revision":7}})"}})});
  auto service = connected();

  BOOST_TEST(!service.get_value("a.b").value().has_value());
}

BOOST_AUTO_TEST_CASE(a_reply_may_come_byte_by_byte) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       for (char const byte : get_reply)
                         client.send_bytes({&byte, 1});
                       client.send("");
                       client.wait_for_close();
                     }});
  auto service = connected();

  BOOST_TEST(service.get({"a.b"}).value().revision == 7U);
}

BOOST_AUTO_TEST_CASE(a_large_transaction_and_a_large_reply_go_through) {
  std::string const large(3'000'000, 'x');
  scripted_peer peer(path, {[&](scripted_connection& client) {
                       if (client.receive().find(large) == std::string::npos) {
                         throw std::runtime_error("the value is not in the call");
                       }
                       client.send(R"({"parameters":{"revision":8,"changed":[")" + large +
                                   R"("],"warnings":[]}})");
                       client.wait_for_close();
                     }});
  {
    auto service = connected();
    transaction what;
    what.values["a.b"] = large;

    auto const done = service.set(what);

    BOOST_REQUIRE(done);
    BOOST_TEST((done->changed.at(0) == large));
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_refusal_carries_name_and_parameters_and_the_connection_goes_on) {
  scripted_peer peer(path, {exchange({{get_call, R"({"error":"io.cfgd.Config.BadKey","parameters":)"
                                                 R"({"key":"a.b","message":"no"}})"},
                                      {get_call, get_reply}})});
  auto service = connected();

  auto const refused = service.get({"a.b"});

  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == failure::refused));
  BOOST_TEST(refused.error().name == "io.cfgd.Config.BadKey");
  BOOST_TEST(refused.error().parameters.at("message").as_string() == "no");
  BOOST_TEST(service.get({"a.b"}).has_value());
}

BOOST_AUTO_TEST_CASE(silence_ends_with_the_time_limit_and_closes) {
  scripted_peer peer(path, {[](scripted_connection& client) { client.wait_for_close(); }});
  auto service = connected(milliseconds(30));

  auto const late = service.get({"a.b"});

  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().kind == failure::timed_out));
  BOOST_TEST(!service.is_open());
  BOOST_TEST((service.get({"a.b"}).error().kind == failure::closed));
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_peer_that_reads_nothing_does_not_hold_a_large_call) {
  std::string const large(8'000'000, 'x');
  scripted_peer peer(path, {[](scripted_connection& client) { client.wait_for_close_unread(); }});
  auto service = connected(milliseconds(30));
  boost::json::object parameters;
  parameters["x"] = large;

  auto const late = service.call("a.b.C", parameters);

  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().kind == failure::timed_out));
  BOOST_TEST(!service.is_open());
  peer.finish();
}

BOOST_AUTO_TEST_CASE(closing_before_the_reply_is_an_error) {
  scripted_peer peer(path, {[](scripted_connection& client) { client.receive(); }});
  auto service = connected();

  auto const gone = service.get({"a.b"});

  BOOST_REQUIRE(!gone);
  BOOST_TEST((gone.error().kind == failure::closed));
}

BOOST_AUTO_TEST_CASE(garbage_is_a_protocol_failure_and_closes) {
  for (std::string const garbage :
       {"", "no json", "[]", R"({"parameters":[]})", R"({"continues":true})", R"({"error":1})"}) {
    scripted_peer peer(path, {answer("", {garbage})});
    auto service = connected();

    auto const odd = service.get({"a.b"});

    BOOST_REQUIRE_MESSAGE(!odd, garbage);
    BOOST_TEST((odd.error().kind == failure::protocol), garbage << ": " << odd.error());
    BOOST_TEST(!service.is_open());
    peer.finish();
  }
}

BOOST_AUTO_TEST_CASE(a_reply_without_end_is_cut) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       client.send_bytes(std::string(17 * 1024 * 1024, 'x'));
                     }});
  auto service = connected();

  auto const endless = service.get({"a.b"});

  BOOST_REQUIRE(!endless);
  BOOST_TEST((endless.error().kind == failure::protocol));
}

BOOST_AUTO_TEST_CASE(a_list_is_collected_over_several_replies) {
  scripted_peer peer(
      path, {answer(R"({"method":"io.cfgd.Config.List","parameters":{"prefix":"a"},"more":true})",
                    {R"({"parameters":{"values":{"a.b":1,"a.c":2},"revision":7},"continues":true})",
                     R"({"parameters":{"values":{"a.d":3},"revision":7}})"})});
  {
    auto service = connected();

    auto const all = service.list("a");

    BOOST_REQUIRE(all);
    BOOST_TEST(all->values.size() == 3U);
    BOOST_TEST(all->values.begin()->key() == "a.b");
    BOOST_TEST(all->revision == 7U);
    BOOST_TEST(service.is_open());
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(stopping_a_stream_closes_the_connection) {
  scripted_peer peer(path, {answer("", {R"({"parameters":{"n":1},"continues":true})"})});
  auto service = connected();

  int seen = 0;
  auto const done = service.call_more("a.b.C", {}, [&](boost::json::object& reply) {
    seen += static_cast<int>(reply.at("n").as_int64());
    return step::stop;
  });

  BOOST_TEST(done.has_value());
  BOOST_TEST(seen == 1);
  BOOST_TEST(!service.is_open());
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_oneway_call_waits_for_nothing) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       if (client.receive() != R"({"method":"a.b.C","oneway":true})") {
                         throw std::runtime_error("unexpected call");
                       }
                     }});

  BOOST_TEST(connected().call_oneway("a.b.C").has_value());

  peer.finish();
}

BOOST_AUTO_TEST_CASE(an_answer_before_closing_is_read_though_the_call_was_cut) {
  std::string const large(8'000'000, 'x');
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.send(R"({"error":"io.cfgd.Config.LimitExceeded"})");
                     }});
  auto service = connected();
  peer.finish(); // has answered and closed
  boost::json::object parameters;
  parameters["x"] = large;

  auto const refused = service.call("a.b.C", parameters);

  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().name == "io.cfgd.Config.LimitExceeded");
}

BOOST_AUTO_TEST_CASE(value_throws_what_the_error_says) {
  auto const none = cfgd::client::connection::connect(path);

  BOOST_CHECK_EXCEPTION(none.value(), call_exception, [](call_exception const& thrown) {
    return thrown.error().kind == failure::unreachable;
  });
}

BOOST_AUTO_TEST_CASE(an_edit_is_waited_for_longer_than_a_call) {
  std::promise<void> may_end;
  scripted_peer peer(
      path, {[&](scripted_connection& client) {
        if (client.receive() !=
            R"({"method":"io.cfgd.Config.BeginEdit","parameters":{"seconds":60},"more":true})") {
          throw std::runtime_error("unexpected call");
        }
        client.send(R"({"parameters":{"deadline":"d"},"continues":true})");
        may_end.get_future().wait();
        client.send(R"({"parameters":{"revision":8,"changed":["a.b"],)"
                    R"("issues":[]}})");
        client.wait_for_close();
      }});
  {
    auto service = connected();
    std::string deadline;

    auto const outcome = service.begin_edit(std::chrono::minutes(1), [&](std::string const& until) {
      deadline = until;
      BOOST_TEST(service.time_limit().count() == 0);
      may_end.set_value();
      return step::more;
    });

    BOOST_REQUIRE(outcome);
    BOOST_TEST(deadline == "d");
    BOOST_TEST(outcome->revision == 8U);
    BOOST_TEST(outcome->changed.at(0) == "a.b");
    BOOST_TEST(service.time_limit().count() > 0);
    BOOST_TEST(service.is_open());
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_log_is_collected_over_several_replies) {
  auto const one = [](int revision) {
    return R"({"revision":)" + std::to_string(revision) +
           R"(,"time":"t","origin":{"layer":"override","revision":1},)"
           R"("created":[],"updated":[],"deleted":[]})";
  };
  scripted_peer peer(
      path,
      {answer("", {R"({"parameters":{"changes":[)" + one(9) + R"(],"oldest":1},"continues":true})",
                   R"({"parameters":{"changes":[)" + one(8) + R"(],"oldest":1}})"})});
  {
    auto service = connected();

    auto const all = service.log();

    BOOST_REQUIRE(all);
    BOOST_REQUIRE(all->changes.size() == 2U);
    BOOST_TEST(all->changes[1].revision == 8U);
  }
  peer.finish();
}

BOOST_AUTO_TEST_SUITE_END()
