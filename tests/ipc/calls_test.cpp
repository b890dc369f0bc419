#include "core/log.hpp"
#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace cfgd;
using namespace cfgd::test;

namespace {

std::string echo(std::string_view text) {
  return try_call("Echo", R"({"text":")" + std::string(text) + R"("})");
}
std::string echoed(std::string_view text) {
  return R"({"parameters":{"text":")" + std::string(text) + R"("}})";
}
std::string note(std::string_view text, std::string_view more = {}) {
  return try_call("Note", R"({"text":")" + std::string(text) + R"("})", more);
}

} // namespace

BOOST_AUTO_TEST_SUITE(calls)

BOOST_FIXTURE_TEST_CASE(pipelined_calls_are_answered_in_order, connected_fixture) {
  std::string all;
  for (int number = 0; number < 1000; ++number)
    all += echo(std::to_string(number)) + '\0';

  client.send_raw(all);

  for (int number = 0; number < 1000; ++number)
    BOOST_REQUIRE(received(client) == echoed(std::to_string(number)));
  BOOST_TEST(server->figures().calls == 1000U);
}

BOOST_FIXTURE_TEST_CASE(calls_split_anywhere_are_answered, connected_fixture) {
  auto const text = echo("a") + '\0' + echo("b") + '\0';

  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    client.send_raw(text.substr(0, cut));
    loop.restart();
    loop.poll();
    client.send_raw(text.substr(cut));

    BOOST_REQUIRE(received(client) == echoed("a"));
    BOOST_REQUIRE(received(client) == echoed("b"));
  }
}

BOOST_FIXTURE_TEST_CASE(one_client_with_a_full_pipe_does_not_keep_others_waiting, session_fixture) {
  bounds.pipelined_calls = 4;
  start();
  auto busy = connect();
  auto other = connect();
  std::string all;
  for (int number = 0; number < 200; ++number)
    all += note("busy") + '\0';
  busy.send_raw(all);
  other.send(note("other"));

  BOOST_TEST(received(other) == "{}");

  std::size_t const before =
      static_cast<std::size_t>(std::find(noted.begin(), noted.end(), "other") - noted.begin());
  BOOST_TEST(before <= 20U);
  for (int number = 0; number < 200; ++number)
    BOOST_REQUIRE(received(busy) == "{}");
}

BOOST_FIXTURE_TEST_CASE(calls_that_take_long_end_the_turn_of_their_client, session_fixture) {
  start();
  server->bind("org.example.try.Unbound", [this](ipc::call const& made) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
    while (std::chrono::steady_clock::now() < end) {
    }
    noted.emplace_back("busy");
    made.answer.reply();
  });
  auto busy = connect();
  auto other = connect();
  std::string all;
  for (int number = 0; number < 20; ++number)
    all += try_call("Unbound") + '\0';
  busy.send_raw(all);
  other.send(note("other"));

  BOOST_TEST(received(other) == "{}");

  BOOST_TEST((std::find(noted.begin(), noted.end(), "other") - noted.begin() < 10));
  for (int number = 0; number < 20; ++number)
    BOOST_REQUIRE(received(busy) == "{}");
}

BOOST_FIXTURE_TEST_CASE(a_large_call_and_a_large_reply_pass, connected_fixture) {
  std::string const text(900'000, 'x');

  BOOST_TEST((client.ask(echo(text)) == echoed(text)));
}

BOOST_FIXTURE_TEST_CASE(a_reply_larger_than_the_queue_may_be_is_sent_whole, session_fixture) {
  bounds.queue_soft_bytes = 1000;
  bounds.queue_hard_bytes = 2000;
  auto client = start_and_connect();

  auto const answer = client.ask(try_call("Produce", R"({"bytes":3000000})"));

  BOOST_TEST(answer.size() > 3'000'000U);
  BOOST_TEST(client.ask(echo("next")) == echoed("next"));
}

BOOST_FIXTURE_TEST_CASE(oneway_calls_are_done_in_order_and_not_answered, connected_fixture) {
  client.send(note("1", R"(,"oneway":true)"));
  client.send(try_call("Throw", "{}", R"(,"oneway":true)"));
  client.send(note("2", R"(,"oneway":true)"));
  client.send(echo("end"));

  BOOST_TEST(received(client) == echoed("end"));
  BOOST_TEST(noted == (std::vector<std::string>{"1", "2"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(oneway_calls_are_done_though_the_client_has_left, session_fixture) {
  start();
  {
    auto client = connect();
    for (int number = 0; number < 100; ++number)
      client.send(note("x", R"(,"oneway":true)"));
  }

  BOOST_TEST(until(
      [&] { return server->figures().accepted == 1U && server->figures().connections == 0; }));
  BOOST_TEST(noted.size() == 100U);
}

BOOST_FIXTURE_TEST_CASE(the_next_call_waits_for_the_answer_of_the_one_before, connected_fixture) {
  client.send(try_call("Hold"));
  client.send(note("later"));
  BOOST_TEST(holds(1));
  BOOST_TEST(!client.receive(std::chrono::milliseconds(20)));
  BOOST_TEST(noted.empty());

  held[0].reply(R"({"text":"now"})");

  BOOST_TEST(received(client) == R"({"parameters":{"text":"now"}})");
  BOOST_TEST(received(client) == "{}");
  BOOST_TEST(noted.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_oneway_call_holds_the_next_until_it_is_done, connected_fixture) {
  client.send(try_call("Hold", "{}", R"(,"oneway":true)"));
  client.send(echo("next"));
  BOOST_TEST(holds(1));
  BOOST_TEST(held[0].alive());
  BOOST_TEST(!client.receive(std::chrono::milliseconds(20)));

  held[0].fail("org.example.try.InternalError");

  BOOST_TEST(!held[0].alive());
  BOOST_TEST(received(client) == echoed("next"));
}

BOOST_FIXTURE_TEST_CASE(a_call_is_answered_once, connected_fixture) {
  client.send(try_call("Hold"));
  BOOST_TEST(holds(1));
  auto const answer = held[0];
  BOOST_TEST(answer.alive());

  answer.reply(R"({"text":"once"})");
  BOOST_TEST(!answer.alive());
  answer.reply(R"({"text":"twice"})");
  answer.fail("org.example.try.InternalError");
  answer.reply_continues("{}");
  answer.on_closed([] { BOOST_ERROR("called for an answered call"); });

  BOOST_TEST(received(client) == R"({"parameters":{"text":"once"}})");
  BOOST_TEST(client.ask(echo("next")) == echoed("next"));
}

BOOST_FIXTURE_TEST_CASE(an_answer_to_a_former_call_does_not_reach_the_next, connected_fixture) {
  client.send(try_call("Hold"));
  BOOST_TEST(holds(1));
  held[0].reply(R"({"text":"1"})");
  client.send(try_call("Hold"));
  BOOST_TEST(holds(2));

  held[0].reply(R"({"text":"late"})");
  held[1].reply(R"({"text":"2"})");

  BOOST_TEST(received(client) == R"({"parameters":{"text":"1"}})");
  BOOST_TEST(received(client) == R"({"parameters":{"text":"2"}})");
}

BOOST_FIXTURE_TEST_CASE(an_answer_does_not_reach_the_next_connection, session_fixture) {
  start();
  {
    auto first = connect();
    first.send(try_call("Hold"));
    BOOST_TEST(holds(1));
  }
  BOOST_TEST(ended());
  auto second = connect();
  second.send(try_call("Hold"));
  BOOST_TEST(holds(2));

  held[0].reply(R"({"text":"for the first"})");
  BOOST_TEST(!held[0].alive());
  BOOST_TEST(held[0].queued_bytes() == 0U);
  held[1].reply(R"({"text":"for the second"})");

  BOOST_TEST(received(second) == R"({"parameters":{"text":"for the second"}})");
}

BOOST_FIXTURE_TEST_CASE(a_short_cut_answers_what_it_knows_and_leaves_the_rest, session_fixture) {
  start();
  std::vector<std::string> offered;
  server->bind_quick("org.example.try.Echo",
                     [&](std::string_view parameters, ipc::peer const& from, std::string& reply) {
                       BOOST_TEST(from.uid == ::getuid());
                       offered.emplace_back(parameters);
                       if (parameters != R"({"text":"known"})") return false;
                       reply += R"({"text":"quick"})";
                       return true;
                     });
  auto client = connect();

  BOOST_TEST(client.ask(echo("known")) == echoed("quick"));
  BOOST_TEST(client.ask(echo("other")) == echoed("other"));
  BOOST_TEST(client.ask(try_call("Echo", R"({"text":1})")).find("InvalidParameter") !=
             std::string::npos);
  BOOST_TEST(client.ask(try_call("Echo", R"({"text":"known"})", R"(,"upgrade":true)"))
                 .find("MethodNotImplemented") != std::string::npos);
  client.send(try_call("Echo", R"({"text":"known"})", R"(,"oneway":true)"));
  BOOST_TEST(client.ask(echo("known")) == echoed("quick"));
  BOOST_TEST(client.ask(' ' + echo("known")) == echoed("known"));
  BOOST_TEST(offered.size() == 6U);
  BOOST_TEST(offered[3] == R"({"text":"known"},"upgrade":true)");
  BOOST_TEST(server->figures().calls == 7U);
}

BOOST_FIXTURE_TEST_CASE(what_a_short_cut_has_begun_to_write_is_not_sent, session_fixture) {
  start();
  server->bind_quick("org.example.try.Echo", [](auto, auto const&, std::string& reply) {
    reply += "{";
    return false;
  });

  auto client = connect();
  client.send(echo("1"));
  client.send(echo("2"));

  BOOST_TEST(received(client) == echoed("1"));
  BOOST_TEST(received(client) == echoed("2"));
}

BOOST_FIXTURE_TEST_CASE(a_short_cut_may_answer_at_length_up_to_the_limit, session_fixture) {
  bounds.reply_bytes = 50'000;
  start();
  std::size_t bytes = 40'000;
  server->bind_quick("org.example.try.Echo", [&](auto, auto const&, std::string& reply) {
    reply.append("{\"text\":\"").append(bytes, 'x').append("\"}");
    return true;
  });
  auto client = connect();

  BOOST_TEST(client.ask(echo("a")) == echoed(std::string(bytes, 'x')));
  bytes = 60'000;
  BOOST_TEST(client.ask(echo("a")).find("reply_bytes") != std::string::npos);
  bytes = 10;
  BOOST_TEST(client.ask(echo("a")) == echoed(std::string(bytes, 'x')));
  BOOST_TEST(server->figures().errors == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_series_has_no_short_cut, session_fixture) {
  start();
  auto const known = [](auto, auto const&, std::string&) { return true; };
  BOOST_CHECK_THROW(server->bind_quick("org.example.try.Stream", known), std::invalid_argument);
}

BOOST_FIXTURE_TEST_CASE(a_series_ends_with_the_reply_that_does_not_continue, connected_fixture) {
  client.send(try_call("Stream", "{}", R"(,"more":true)"));
  client.send(echo("behind"));
  BOOST_TEST(holds(1));

  for (int number = 0; number < 100; ++number)
    held[0].reply_continues(R"({"number":)" + std::to_string(number) + '}');
  for (int number = 0; number < 100; ++number)
    BOOST_REQUIRE(received(client) == R"({"parameters":{"number":)" + std::to_string(number) +
                                          R"(},"continues":true})");
  BOOST_TEST(!client.receive(std::chrono::milliseconds(20)));
  held[0].reply();

  BOOST_TEST(received(client) == "{}");
  BOOST_TEST(received(client) == echoed("behind"));
}

BOOST_FIXTURE_TEST_CASE(a_series_may_end_with_an_error, connected_fixture) {
  client.send(try_call("Stream", "{}", R"(,"more":true)"));
  BOOST_TEST(holds(1));

  held[0].reply_continues("{}");
  held[0].fail("org.example.try.InternalError", R"({"message":"m"})");

  BOOST_TEST(received(client) == R"({"parameters":{},"continues":true})");
  BOOST_TEST(received(client) ==
             R"({"error":"org.example.try.InternalError","parameters":{"message":"m"}})");
}

BOOST_AUTO_TEST_CASE(a_value_that_nobody_keeps_is_an_invalid_parameter) {
  serving test;
  test.start();
  auto peer = test.connect();

  for (char const* const value : {"1e400", "18446744073709551616", R"("\ufffe")", R"("\u0000")"})
    BOOST_TEST(peer.ask(try_call("Echo", std::string(R"({"text":)") + value + "}")) ==
               R"({"error":"org.varlink.service.InvalidParameter","parameters":)"
               R"({"parameter":"text"}})");
}

BOOST_AUTO_TEST_SUITE_END()
