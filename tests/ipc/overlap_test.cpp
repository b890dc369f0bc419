#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

// Calls of methods that overlap: several are open on a connection, their answers keep the order.

using namespace cfgd;
using namespace cfgd::test;

namespace {

std::string queue(std::string_view text = {}, std::string_view more = {}) {
  return try_call("Queue", text.empty() ? "{}" : R"({"text":")" + std::string(text) + R"("})",
                  more);
}

std::string answer(std::string_view text) {
  return R"({"parameters":{"text":")" + std::string(text) + R"("}})";
}

struct overlapping : connected_fixture {
  /// Sends all in one write.
  void send(std::initializer_list<std::string> calls) {
    std::string all;
    for (auto const& one : calls)
      all.append(one) += '\0';
    client.send_raw(all);
  }
  void send_queues(std::size_t count) {
    std::string all;
    for (std::size_t index = 0; index < count; ++index)
      all.append(queue()) += '\0';
    client.send_raw(all);
  }
  void reply(std::size_t which, std::string_view text) {
    held[which].reply(R"({"text":")" + std::string(text) + R"("})");
  }
  /// Lets the loop do all that it has to do.
  void settle() {
    loop.restart();
    while (loop.poll() != 0) {
    }
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(overlap, overlapping)

BOOST_AUTO_TEST_CASE(calls_that_overlap_are_open_together) {
  send({queue(), queue(), queue()});

  BOOST_TEST(holds(3));
}

BOOST_AUTO_TEST_CASE(answers_leave_in_the_order_of_the_calls) {
  send({queue(), queue(), queue()});
  BOOST_REQUIRE(holds(3));

  reply(2, "third");
  reply(1, "second");
  settle();
  BOOST_TEST(!held[1].alive());
  reply(0, "first");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(received(client) == answer("second"));
  BOOST_TEST(received(client) == answer("third"));
}

BOOST_AUTO_TEST_CASE(one_that_is_refused_at_once_is_answered_in_its_place) {
  send({queue(), queue("wrong"), try_call("Queue", R"({"text":1})"), queue()});
  BOOST_REQUIRE(holds(2));

  reply(0, "first");
  reply(1, "last");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(received(client).find("InternalError") != std::string::npos);
  BOOST_TEST(received(client).find("InvalidParameter") != std::string::npos);
  BOOST_TEST(received(client) == answer("last"));
}

BOOST_AUTO_TEST_CASE(another_call_waits_until_all_before_it_were_answered) {
  send({queue(), queue(), try_call("Note", R"({"text":"noted"})"), queue()});
  BOOST_REQUIRE(holds(2));
  reply(0, "first");
  settle();
  BOOST_TEST(noted.empty());
  BOOST_TEST(held.size() == 2U);

  reply(1, "second");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(received(client) == answer("second"));
  BOOST_TEST(received(client) == "{}");
  BOOST_TEST(noted.size() == 1U);
  BOOST_TEST(holds(3));
}

BOOST_AUTO_TEST_CASE(a_call_with_a_short_cut_waits_too) {
  server->bind_quick("org.example.try.Note",
                     [this](std::string_view, ipc::peer const&, std::string& reply) {
                       noted.emplace_back("quickly");
                       reply += "{}";
                       return true;
                     });
  send({queue(), try_call("Note")});
  BOOST_REQUIRE(holds(1));
  settle();
  BOOST_TEST(noted.empty());

  reply(0, "first");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(received(client) == R"({"parameters":{}})");
  BOOST_TEST(noted.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_call_behind_one_that_does_not_overlap_waits) {
  send({try_call("Hold"), queue()});
  BOOST_REQUIRE(holds(1));
  settle();
  BOOST_TEST(held.size() == 1U);

  reply(0, "held");

  BOOST_TEST(received(client) == answer("held"));
  BOOST_TEST(holds(2));
}

BOOST_AUTO_TEST_CASE(calls_are_open_up_to_the_limit) {
  send_queues(bounds.pipelined_calls + 10);
  BOOST_REQUIRE(holds(bounds.pipelined_calls));
  settle();
  BOOST_TEST(held.size() == bounds.pipelined_calls);

  for (std::size_t index = 0; index < bounds.pipelined_calls; ++index)
    held[index].reply();

  BOOST_TEST(holds(bounds.pipelined_calls + 10));
}

BOOST_AUTO_TEST_CASE(calls_are_open_up_to_the_bytes_of_a_frame) {
  std::string const large(bounds.frame_bytes / 2 - 1'000, 'x');
  send({queue(large), queue(large), queue(large)});
  BOOST_REQUIRE(holds(2));
  settle();
  BOOST_TEST(held.size() == 2U);
  BOOST_TEST(server->users().all().called >= 2 * large.size());

  held[0].reply();
  held[1].reply();

  BOOST_TEST(holds(3));
}

BOOST_AUTO_TEST_CASE(without_room_a_call_waits_for_the_one_before) {
  has_room = false;
  send({queue(), queue()});
  BOOST_REQUIRE(holds(1));
  settle();
  BOOST_TEST(held.size() == 1U);

  reply(0, "first");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(holds(2));
}

BOOST_AUTO_TEST_CASE(closing_cancels_every_open_call) {
  send({queue(), queue(), queue()});
  BOOST_REQUIRE(holds(3));
  held[1].reply();

  client.close();

  BOOST_TEST(ended());
  BOOST_TEST(closed == 2);
  BOOST_TEST(!held[0].alive());
  held[0].reply();
}

BOOST_AUTO_TEST_CASE(oneway_calls_are_not_cancelled_and_keep_their_place) {
  send({queue({}, R"(,"oneway":true)"), queue()});
  BOOST_REQUIRE(holds(2));

  reply(1, "second");
  settle();
  held[0].reply();

  BOOST_TEST(received(client) == answer("second"));
  send({queue({}, R"(,"oneway":true)")});
  BOOST_REQUIRE(holds(3));
  client.close();
  settle();
  BOOST_TEST(held[2].alive());
  held[2].reply();
  BOOST_TEST(ended());
  BOOST_TEST(closed == 0);
}

BOOST_FIXTURE_TEST_CASE(what_is_too_large_is_refused_after_the_answers_before_it, session_fixture) {
  bounds.frame_bytes = 512;
  auto client = start_and_connect();
  client.send_raw(queue() + '\0' + std::string(600, 'x'));
  BOOST_REQUIRE(holds(1));
  loop.restart();
  while (loop.poll() != 0) {
  }

  held[0].reply(R"({"text":"first"})");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(received(client).find("frame_bytes") != std::string::npos);
  BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(what_is_no_varlink_closes_after_the_answers_before_it) {
  send({queue(), queue(), "{"});
  BOOST_REQUIRE(holds(2));

  reply(0, "first");
  reply(1, "second");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(received(client) == answer("second"));
  BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(who_sends_no_more_gets_all_answers) {
  send({queue(), queue()});
  client.end_sending();
  BOOST_REQUIRE(holds(2));

  reply(0, "first");
  reply(1, "second");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(received(client) == answer("second"));
  BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(a_server_that_stops_answers_what_has_begun) {
  send({queue(), queue(), try_call("Note")});
  BOOST_REQUIRE(holds(2));
  bool stopped = false;
  server->stop(std::chrono::seconds(20), [&] { stopped = true; });

  reply(0, "first");
  settle();
  BOOST_TEST(!stopped);
  reply(1, "second");

  BOOST_TEST(received(client) == answer("first"));
  BOOST_TEST(received(client) == answer("second"));
  BOOST_TEST(until([&] { return stopped; }));
  BOOST_TEST(noted.empty());
  server.reset();
}

BOOST_AUTO_TEST_SUITE_END()
