#include "core/log.hpp"
#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

// Calls that are served in steps, each in a turn of its connection.

using namespace cfgd;
using namespace cfgd::test;

namespace {

std::string const stream = try_call("Stream", "{}", R"(,"more":true)");

std::string piece(std::size_t bytes) { return R"({"text":")" + std::string(bytes, 'x') + R"("})"; }

/// Sends `left` pieces, one in a step.
struct stepper {
  ipc::responder answer;
  std::size_t piece_bytes;
  int left;
  std::size_t most_queued = 0;

  void step() {
    most_queued = std::max(most_queued, answer.queued_bytes());
    if (left-- == 0) return answer.reply("{}");
    answer.reply_continues(piece(piece_bytes));
    answer.on_turn([this] { step(); });
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(steps, session_fixture)

BOOST_AUTO_TEST_CASE(a_call_is_carried_by_its_steps) {
  auto client = start_and_connect();
  client.send(stream);
  BOOST_REQUIRE(holds(1));
  stepper work{held[0], 10, 100};
  work.step();

  for (int count = 0; count < 100; ++count)
    BOOST_REQUIRE(client.receive().value_or("").size() > 10U);
  BOOST_TEST(received(client) == R"({"parameters":{}})");
}

BOOST_AUTO_TEST_CASE(a_step_waits_until_its_reader_has_read) {
  auto client = start_and_connect();
  client.send(stream);
  BOOST_REQUIRE(holds(1));
  stepper work{held[0], 1'000'000, 5};
  work.step();

  BOOST_TEST(!until([&] { return work.left < 4; }, std::chrono::milliseconds(50)));
  for (int count = 0; count < 5; ++count)
    BOOST_REQUIRE(client.receive().value_or("").size() > 1'000'000U);

  BOOST_TEST(received(client) == R"({"parameters":{}})");
  BOOST_TEST(work.most_queued == 0U);
}

BOOST_AUTO_TEST_CASE(a_step_can_be_asked_for_without_a_reply) {
  auto client = start_and_connect();
  client.send(try_call("Hold"));
  BOOST_REQUIRE(holds(1));
  auto const answer = held[0];
  int count = 0;
  std::function<void()> const step = [&, answer] {
    if (++count == 10) return answer.reply(R"({"text":"done"})");
    answer.on_turn(step);
  };

  answer.on_turn(step);

  BOOST_TEST(received(client) == R"({"parameters":{"text":"done"}})");
  BOOST_TEST(count == 10);
}

BOOST_AUTO_TEST_CASE(others_are_served_between_two_steps) {
  auto client = start_and_connect();
  auto other = connect();
  client.send(try_call("Hold"));
  BOOST_REQUIRE(holds(1));
  auto const answer = held[0];
  int count = 0;
  std::size_t noted_meanwhile = 0;
  std::function<void()> const step = [&, answer] {
    noted_meanwhile = noted.size();
    if (++count == 1'000) return answer.reply();
    answer.on_turn(step);
  };
  answer.on_turn(step);

  BOOST_TEST(other.ask(try_call("Note")) == "{}");

  BOOST_TEST(until([&] { return count == 1'000; }));
  BOOST_TEST(noted_meanwhile == 1U);
}

BOOST_AUTO_TEST_CASE(calls_that_wait_for_their_turn_stay_what_they_are) {
  auto client = start_and_connect();
  std::vector<varlink_peer> others;
  others.reserve(8);
  for (int count = 0; count < 8; ++count)
    others.push_back(connect());

  for (std::size_t round = 0; round < 10; ++round) {
    auto const parameters = [round](std::size_t which) {
      return R"({"text":"client )" + std::to_string(which) + " round " + std::to_string(round) +
             R"("})";
    };
    client.send(try_call("Hold"));
    BOOST_REQUIRE(holds(round + 1));
    for (std::size_t which = 0; which < others.size(); ++which)
      others[which].send(try_call("Echo", parameters(which)));
    int left = 300; // as long as somebody wants turns, what has been read waits for one
    std::function<void()> const step = [&, answer = held[round]] {
      if (--left == 0) return answer.reply();
      answer.on_turn(step);
    };
    held[round].on_turn(step);

    for (std::size_t which = 0; which < others.size(); ++which)
      BOOST_TEST(received(others[which]) == R"({"parameters":)" + parameters(which) + "}");
    BOOST_TEST(received(client) == "{}");
  }
}

BOOST_AUTO_TEST_CASE(what_a_closed_connection_asked_for_is_dropped) {
  auto client = start_and_connect();
  client.send(try_call("Hold"));
  BOOST_REQUIRE(holds(1));
  auto const held_by_step = std::make_shared<int>();
  std::weak_ptr<int> const watch = held_by_step;
  std::function<void()> step = [answer = held[0], held_by_step, &step] { answer.on_turn(step); };
  held[0].on_turn(step);

  client.close();

  BOOST_TEST(ended());
  step = {};
  BOOST_TEST(watch.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_step_that_throws_fails_its_call) {
  log::capture lines;
  auto client = start_and_connect();
  client.send(try_call("Hold"));
  BOOST_REQUIRE(holds(1));
  held[0].on_turn([] { throw std::runtime_error("broken"); });

  auto const answer = received(client);

  BOOST_TEST(answer.find("InternalError") != std::string::npos, answer);
  BOOST_TEST(client.ask(try_call("Note")) == "{}");
}

BOOST_AUTO_TEST_SUITE_END()
