#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

// send(2) and epoll_ctl(2) of this program go through here, so that the kernel's rare failures can
// be made to happen once. Everything else about them is real.
namespace {

std::atomic<int> failing_sends{0};
std::atomic<int> failing_write_waits{0};

} // namespace

extern "C" ssize_t send(int socket, void const* bytes, size_t size, int flags) {
  if (failing_sends.load() > 0 && (flags & MSG_NOSIGNAL) != 0) {
    --failing_sends;
    errno = EPIPE;
    return -1;
  }
  return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}

extern "C" int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) noexcept {
  if (failing_write_waits.load() > 0 && operation == EPOLL_CTL_MOD &&
      (event->events & EPOLLOUT) != 0) {
    --failing_write_waits;
    errno = ENOMEM;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, descriptor, event));
}

using namespace cfgd;
using namespace cfgd::test;

BOOST_AUTO_TEST_SUITE(lost_events)

BOOST_FIXTURE_TEST_CASE(a_peer_that_is_alive_is_closed_when_sending_to_it_fails,
                        connected_fixture) {
  BOOST_TEST(client.ask(try_call("Note", R"({"text":"x"})")) == "{}");

  client.send(try_call("Hold"));
  BOOST_REQUIRE(holds(1));
  failing_sends = 1;
  held[0].reply(R"({"text":"lost"})");

  BOOST_TEST(client.is_closed());
  BOOST_TEST(ended());
}

BOOST_FIXTURE_TEST_CASE(a_wait_that_epoll_has_lost_is_found, session_fixture) {
  bounds.queue_hard_bytes = 64 * 1024 * 1024;
  auto client = start_and_connect();
  client.send(try_call("Hold"));
  BOOST_REQUIRE(holds(1));
  std::string const text = "{\"text\":\"" + std::string(4 * 1024 * 1024, 'x') + "\"}";
  failing_write_waits = 1;
  // More than the kernel takes at once, so that the session has to wait for room.
  held[0].reply(text);

  BOOST_TEST((received(client) == "{\"parameters\":" + text + "}"));
  BOOST_TEST(failing_write_waits == 0);
}

BOOST_FIXTURE_TEST_CASE(a_reply_over_the_limit_is_an_error_and_the_connection_goes_on,
                        session_fixture) {
  bounds.reply_bytes = 1'000;
  auto client = start_and_connect();
  std::string const fits = "{\"text\":\"" + std::string(1'000 - 11, 'x') + "\"}";
  BOOST_REQUIRE(fits.size() == 1'000);

  client.send(try_call("Hold"));
  client.send(try_call("Hold"));
  BOOST_REQUIRE(holds(1));
  held[0].reply(fits + ' ');
  auto const refused = received(client);
  BOOST_TEST(refused.find("\"error\"") != std::string::npos, refused);
  BOOST_TEST(refused.find(R"("limit":"reply_bytes","used":1001,"maximum":1000)") !=
                 std::string::npos,
             refused);

  BOOST_REQUIRE(holds(2));
  held[1].reply(fits);
  BOOST_TEST(received(client) == "{\"parameters\":" + fits + "}");
}

BOOST_FIXTURE_TEST_CASE(a_stream_that_exceeds_the_limit_ends_and_its_producer_is_notified,
                        session_fixture) {
  bounds.reply_bytes = 100;
  auto client = start_and_connect();
  client.send(try_call("Stream", "{}", R"(,"more":true)"));
  BOOST_REQUIRE(holds(1));

  held[0].reply_continues("{\"text\":\"" + std::string(200, 'x') + "\"}");

  BOOST_TEST(closed == 0);
  BOOST_TEST(received(client).find("reply_bytes") != std::string::npos);
  BOOST_TEST(until([&] { return closed == 1; }));
  BOOST_TEST(!held[0].alive());
}

BOOST_AUTO_TEST_SUITE_END()
