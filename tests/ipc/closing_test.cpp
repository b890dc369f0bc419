#include "core/log.hpp"
#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <string>

using namespace cfgd;
using namespace cfgd::test;

namespace {

std::string const note = try_call("Note", R"({"text":"x"})");
std::string const stream = try_call("Stream", "{}", R"(,"more":true)");

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(closing)

BOOST_FIXTURE_TEST_CASE(a_client_that_sends_no_more_gets_its_answers, connected_fixture) {
  client.send(note);
  client.send(try_call("Hold"));
  client.send(note);
  client.end_sending();
  BOOST_TEST(holds(1));

  BOOST_TEST(received(client) == "{}");
  BOOST_TEST(!client.receive(std::chrono::milliseconds(20)));
  held[0].reply(R"({"text":"late"})");

  BOOST_TEST(received(client) == R"({"parameters":{"text":"late"}})");
  BOOST_TEST(received(client) == "{}");
  BOOST_TEST(client.is_closed());
  BOOST_TEST(ended());
  BOOST_TEST(closed == 0);
}

BOOST_FIXTURE_TEST_CASE(a_stream_goes_on_for_a_client_that_sends_no_more, connected_fixture) {
  client.send(stream);
  client.end_sending();
  BOOST_TEST(holds(1));
  BOOST_TEST(!until([&] { return closed != 0; }, std::chrono::milliseconds(30)));

  held[0].reply_continues(R"({"number":1})");
  BOOST_TEST(received(client) == R"({"parameters":{"number":1},"continues":true})");
  client.close();

  BOOST_TEST(ended());
  BOOST_TEST(closed == 1);
}

BOOST_FIXTURE_TEST_CASE(closing_cancels_the_call_at_hand, session_fixture) {
  start();
  {
    auto client = connect();
    client.send(try_call("Hold"));
    BOOST_TEST(holds(1));
  }

  BOOST_TEST(until([&] { return closed == 1; }));
  BOOST_TEST(ended());
  BOOST_TEST(!held[0].alive());
  held[0].reply("{}");
  BOOST_TEST(closed == 1);
}

BOOST_FIXTURE_TEST_CASE(closing_is_noticed_behind_calls_that_wait, session_fixture) {
  start();
  {
    auto client = connect();
    client.send(stream);
    for (int count = 0; count < 100; ++count)
      client.send(note);
    BOOST_TEST(holds(1));
  }

  BOOST_TEST(ended());
  BOOST_TEST(closed == 1);
  BOOST_TEST(noted.empty());
}

BOOST_FIXTURE_TEST_CASE(closing_is_noticed_when_nothing_more_is_read, session_fixture) {
  bounds.frame_bytes = 10'000;
  start();
  {
    auto client = connect();
    client.send(stream);
    BOOST_TEST(holds(1));
    // More than is buffered while a call is open: the rest stays in the socket.
    std::string const filler(200'000, 'x');
    until(
        [&] {
          return ::send(client.socket(), filler.data(), filler.size(),
                        MSG_DONTWAIT | MSG_NOSIGNAL) < 0;
        },
        std::chrono::seconds(2));
  }

  BOOST_TEST(ended());
  BOOST_TEST(closed == 1);
}

BOOST_FIXTURE_TEST_CASE(closing_may_destroy_what_the_stream_used, session_fixture) {
  start();
  auto resource = std::make_unique<std::string>("in use");
  {
    auto client = connect();
    client.send(stream);
    BOOST_TEST(holds(1));
    held[0].on_closed([&] {
      resource.reset();
      held.clear();
    });
  }

  BOOST_TEST(ended());
  BOOST_TEST(!resource);
}

BOOST_FIXTURE_TEST_CASE(closing_does_not_cancel_a_oneway_call, session_fixture) {
  start();
  {
    auto client = connect();
    client.send(try_call("Hold", "{}", R"(,"oneway":true)"));
    client.send(try_call("Note", R"({"text":"behind"})", R"(,"oneway":true)"));
    BOOST_TEST(holds(1));
  }
  BOOST_TEST(!until([&] { return closed != 0; }, std::chrono::milliseconds(30)));
  BOOST_TEST(held[0].alive());

  held[0].reply();

  BOOST_TEST(ended());
  BOOST_TEST(noted.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_reset_ends_the_connection, session_fixture) {
  start();
  {
    // Closing with unread answers is a reset for the other side (unix(7)).
    auto client = connect();
    client.send(note);
    BOOST_TEST(until([&] { return noted.size() == 1; }));
    until([&] { return false; }, std::chrono::milliseconds(10));
    client.send(try_call("Hold"));
    BOOST_TEST(holds(1));
  }

  BOOST_TEST(ended());
  BOOST_TEST(closed == 1);
}

BOOST_FIXTURE_TEST_CASE(the_end_within_a_message_drops_it, connected_fixture) {
  client.send(note);
  client.send_raw(note);
  client.end_sending();

  BOOST_TEST(received(client) == "{}");
  BOOST_TEST(client.is_closed());
  BOOST_TEST(ended());
  BOOST_TEST(noted.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_shuts_its_ears_ends_its_call, connected_fixture) {
  client.send(stream);
  BOOST_TEST(holds(1));
  ::shutdown(client.socket(), SHUT_RD);

  held[0].reply_continues("{}");

  BOOST_TEST(until([&] { return closed == 1; }));
}

BOOST_FIXTURE_TEST_CASE(a_client_that_shuts_its_ears_keeps_no_session, connected_fixture) {
  ::shutdown(client.socket(), SHUT_RD);

  client.send(note); // its answer is EPIPE, and the client neither sends more nor closes

  BOOST_TEST(ended());
}

BOOST_FIXTURE_TEST_CASE(urgent_data_does_not_keep_the_loop_busy, connected_fixture) {
  client.send(stream);
  client.end_sending();
  BOOST_TEST(holds(1));
  auto other = connect();
  other.send(stream);
  BOOST_TEST(holds(2));
  if (::send(other.socket(), "!", 1, MSG_OOB) != 1) return; // a kernel without it

  std::size_t turns = 0;
  until(
      [&] {
        loop.restart();
        turns += loop.poll();
        return false;
      },
      std::chrono::milliseconds(20));

  BOOST_TEST(turns < 100U);
}

BOOST_FIXTURE_TEST_CASE(connecting_and_leaving_leaks_no_descriptor, session_fixture) {
  start();
  { connect().ask(note); }
  BOOST_TEST(ended());
  auto const before = open_descriptors();

  for (int count = 0; count < 10'000; ++count) {
    auto client = connect();
    if (count % 3 != 0) client.send(count % 3 == 1 ? note : stream);
    if (count % 64 == 0) {
      loop.restart();
      loop.poll();
      held.clear();
    }
  }
  BOOST_TEST(ended());
  BOOST_TEST(until([&] {
    return server->figures().accepted + server->figures().refused >= 10'001U &&
           server->figures().connections == 0;
  }));

  BOOST_TEST(open_descriptors() == before);
}

BOOST_FIXTURE_TEST_CASE(descriptors_that_are_sent_are_dropped, connected_fixture) {
  client.ask(note);
  auto const before = open_descriptors();

  for (int count = 0; count < 100; ++count) {
    std::string message = note + '\0';
    iovec bytes{message.data(), message.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    auto* const passed = CMSG_FIRSTHDR(&header);
    passed->cmsg_level = SOL_SOCKET;
    passed->cmsg_type = SCM_RIGHTS;
    passed->cmsg_len = CMSG_LEN(sizeof(int));
    int const number = client.socket();
    std::memcpy(CMSG_DATA(passed), &number, sizeof number);
    // New kernels refuse on our behalf; the plain message then has the same effect.
    if (::sendmsg(client.socket(), &header, MSG_NOSIGNAL) < 0) client.send(note);
    BOOST_REQUIRE(received(client) == "{}");
  }

  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_SUITE_END()
