#include "core/log.hpp"
#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>

#include <string>
#include <vector>

using namespace cfgd;
using namespace cfgd::test;

namespace {

std::string const stream = try_call("Stream", "{}", R"(,"more":true)");

/// One reply of a series, of about `bytes`.
std::string piece(std::size_t bytes) { return R"({"text":")" + std::string(bytes, 'x') + R"("})"; }

struct small_queues : session_fixture {
  small_queues() {
    bounds.queue_soft_bytes = 100'000;
    bounds.queue_hard_bytes = 400'000;
  }
};

bool has_warning(log::capture& lines, std::string_view text) {
  for (auto const& line : lines.take())
    if (line.severity == log::level::warning && line.message.find(text) != std::string::npos)
      return true;
  return false;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(pressure, small_queues)

BOOST_AUTO_TEST_CASE(a_stream_learns_that_its_client_has_caught_up) {
  auto client = start_and_connect();
  client.send(stream);
  BOOST_TEST(holds(1));
  std::size_t sent = 0;
  while (held[0].queued_bytes() <= bounds.queue_soft_bytes) {
    held[0].reply_continues(piece(50'000));
    ++sent;
    loop.restart();
    loop.poll();
  }
  BOOST_TEST(drained == 0);

  for (std::size_t count = 0; count < sent; ++count)
    BOOST_REQUIRE(client.receive().has_value());

  BOOST_TEST(until([&] { return drained == 1; }));
  BOOST_TEST(held[0].queued_bytes() == 0U);
  BOOST_TEST(held[0].alive());
}

BOOST_AUTO_TEST_CASE(a_stream_can_be_carried_by_its_callback_alone) {
  auto client = start_and_connect();
  client.send(stream);
  BOOST_TEST(holds(1));
  auto const answer = held[0];
  int left = 100;
  std::function<void()> const feed = [&, answer] {
    while (left > 0 && answer.queued_bytes() <= bounds.queue_soft_bytes) {
      --left;
      answer.reply_continues(piece(60'000));
    }
    if (left == 0) answer.reply("{}");
  };
  answer.on_drained(feed);
  feed();

  for (int count = 0; count < 100; ++count)
    BOOST_REQUIRE(client.receive().value_or("").size() > 60'000U);
  BOOST_TEST(received(client) == R"({"parameters":{}})");
  BOOST_TEST(server->figures().slow_closed == 0U);
}

BOOST_AUTO_TEST_CASE(a_callback_may_replace_itself_and_end_the_call) {
  auto client = start_and_connect();
  client.send(stream);
  BOOST_TEST(holds(1));
  auto const answer = held[0];
  int first = 0;
  answer.on_drained([&, answer] {
    ++first;
    answer.on_drained([&, answer] { answer.reply(); });
    answer.reply_continues(piece(300'000));
  });

  answer.reply_continues(piece(300'000));

  BOOST_TEST(client.receive().value_or("").size() > 300'000U);
  BOOST_TEST(client.receive().value_or("").size() > 300'000U);
  BOOST_TEST(received(client) == "{}");
  BOOST_TEST(first == 1);
}

BOOST_AUTO_TEST_CASE(a_request_counts_with_what_is_made_of_it) {
  auto client = start_and_connect();

  client.send(try_call("Queue", R"({"text":")" + std::string(10'000, ',') + R"("})"));

  BOOST_TEST(holds(1));
  BOOST_TEST(until([&] { return server->users().all().called > 1'000'000U; }));
  held[0].reply();
  BOOST_TEST(until([&] { return server->users().all().sum() == 0U; }));
}

BOOST_AUTO_TEST_CASE(a_stream_that_ignores_a_full_queue_is_closed) {
  log::capture lines;
  auto client = start_and_connect();
  client.send(stream);
  BOOST_TEST(holds(1));

  for (int count = 0; count < 100; ++count)
    held[0].reply_continues(piece(50'000));

  BOOST_TEST(held[0].queued_bytes() <= bounds.queue_hard_bytes + 51'000);
  BOOST_TEST(closed == 0); // never from within a responder's function
  BOOST_TEST(ended());
  BOOST_TEST(closed == 1);
  BOOST_TEST(server->figures().slow_closed == 1U);
  BOOST_TEST(has_warning(lines, "does not read"));
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_nothing_is_closed_after_a_while) {
  log::capture lines;
  bounds.queue_stalled = std::chrono::milliseconds(50);
  auto client = start_and_connect();
  client.send(try_call("Produce", R"({"bytes":5000000})"));

  BOOST_TEST(until([&] { return server->figures().slow_closed == 1; }));

  BOOST_TEST(ended());
  BOOST_TEST(has_warning(lines, "does not read"));
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_slowly_is_served) {
  bounds.queue_stalled = std::chrono::milliseconds(1'000);
  auto client = start_and_connect();
  client.send(try_call("Produce", R"({"bytes":3000000})"));
  std::string got;
  // About 1.5 s for the whole, far less than 1 s for each piece.
  auto next = std::chrono::steady_clock::now();
  BOOST_TEST(until([&] {
    if (std::chrono::steady_clock::now() < next) return false;
    next += std::chrono::milliseconds(25);
    std::string bytes(50'000, '\0');
    auto const count = ::recv(client.socket(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) got.append(bytes, 0, static_cast<std::size_t>(count));
    return !got.empty() && got.back() == '\0';
  }));

  BOOST_TEST(got.size() > 3'000'000U);
  BOOST_TEST(server->figures().slow_closed == 0U);
}

BOOST_AUTO_TEST_CASE(calls_are_not_begun_while_the_queue_is_full) {
  auto client = start_and_connect();
  std::string all;
  for (int count = 0; count < 50; ++count)
    all += try_call("Produce", R"({"bytes":100000})") + '\0';
  client.send_raw(all);
  until([&] { return false; }, std::chrono::milliseconds(50));
  auto const begun = server->figures().calls;

  // What the socket takes, what the queue may hold, and no more.
  BOOST_TEST(begun < 40U);
  for (int count = 0; count < 50; ++count)
    BOOST_REQUIRE(client.receive().value_or("").size() > 100'000U);

  BOOST_TEST(server->figures().calls == 50U);
  BOOST_TEST(server->figures().slow_closed == 0U);
}

BOOST_AUTO_TEST_CASE(a_stalled_client_does_not_keep_others_waiting) {
  start();
  auto stalled = connect();
  stalled.send(try_call("Produce", R"({"bytes":5000000})"));
  auto other = connect();

  for (int count = 0; count < 100; ++count)
    BOOST_REQUIRE(other.ask(try_call("Note")) == "{}");
}

BOOST_AUTO_TEST_CASE(many_watchers_get_every_reply_in_order) {
  start();
  std::vector<varlink_peer> watchers;
  for (int count = 0; count < 100; ++count) {
    watchers.push_back(connect());
    watchers.back().send(stream);
  }
  BOOST_TEST(holds(100));

  for (int number = 0; number < 10; ++number)
    for (auto const& answer : held)
      answer.reply_continues(R"({"number":)" + std::to_string(number) + '}');

  for (auto& watcher : watchers)
    for (int number = 0; number < 10; ++number)
      BOOST_REQUIRE(received(watcher) == R"({"parameters":{"number":)" + std::to_string(number) +
                                             R"(},"continues":true})");
}

BOOST_AUTO_TEST_CASE(a_message_for_many_is_with_the_kernel_at_once) {
  auto one = start_and_connect();
  auto other = connect();
  one.send(stream);
  other.send(stream);
  BOOST_TEST(holds(2));
  auto const text = ipc::make_shared_reply(piece(5'000));

  for (auto const& answer : held)
    answer.reply_continues(text);

  BOOST_TEST(text.use_count() == 1);
  BOOST_TEST(server->queued_bytes() == 0U);
  BOOST_TEST(received(one) + '\0' == *text);
  BOOST_TEST(received(other) + '\0' == *text);
}

BOOST_AUTO_TEST_CASE(a_message_for_many_is_queued_once_and_counts_for_each) {
  auto one = start_and_connect();
  auto other = connect();
  one.send(stream);
  other.send(stream);
  BOOST_TEST(holds(2));
  auto const filling = ipc::make_shared_reply(piece(10'000));
  std::size_t sent = 0;
  for (; held[0].queued_bytes() == 0 || held[1].queued_bytes() == 0; ++sent)
    for (auto const& answer : held)
      answer.reply_continues(filling);
  auto const before = server->queued_bytes();
  auto const text = ipc::make_shared_reply(piece(20'000));

  for (auto const& answer : held) {
    answer.reply_continues(text);
    answer.reply_continues(R"({"text":"behind"})");
  }
  until([&] { return server->users().all().queued == server->queued_bytes(); });

  BOOST_TEST(text.use_count() == 3);
  BOOST_TEST(server->queued_bytes() >= before + 2 * text->size());
  BOOST_TEST(server->users().all().queued == server->queued_bytes());
  for (std::size_t count = 0; count < sent; ++count)
    BOOST_TEST(received(one) + '\0' == *filling);
  BOOST_TEST(received(one) + '\0' == *text);
  BOOST_TEST(received(one).find("behind") != std::string::npos);
  BOOST_TEST(text.use_count() == 2);
  other.close();
  BOOST_TEST(until([&] { return text.use_count() == 1 && filling.use_count() == 1; }));
  BOOST_TEST(until([&] { return server->users().all().queued == 0; }));
}

BOOST_AUTO_TEST_CASE(a_message_for_many_to_who_has_left_ends_the_call_in_a_turn) {
  auto client = start_and_connect();
  client.send(stream);
  BOOST_TEST(holds(1));
  auto const text = ipc::make_shared_reply(piece(5'000));
  client.close();

  held[0].reply_continues(text);

  BOOST_TEST(held[0].alive()); // nobody is called from inside of reply_continues()
  BOOST_TEST(ended());
  BOOST_TEST(text.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
