#include "tests/support/serving.hpp"

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

namespace {

bool ended(serving& here) {
  return here.until([&] { return here.server->figures().connections == 0; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(lost_events)

BOOST_AUTO_TEST_CASE(a_peer_that_is_alive_is_closed_when_sending_to_it_fails) {
  serving here;
  here.start();
  auto client = here.connect();
  BOOST_TEST(client.ask(try_call("Note", R"({"text":"x"})")) == "{}");

  client.send(try_call("Hold"));
  BOOST_REQUIRE(here.until([&] { return here.held.size() == 1; }));
  failing_sends = 1;
  here.held[0].reply(R"({"text":"lost"})");

  BOOST_TEST(client.is_closed());
  BOOST_TEST(ended(here));
}

BOOST_AUTO_TEST_CASE(a_wait_that_epoll_has_lost_is_found) {
  serving here;
  here.bounds.queue_hard_bytes = 64 * 1024 * 1024;
  here.start();
  auto client = here.connect();
  client.send(try_call("Hold"));
  BOOST_REQUIRE(here.until([&] { return here.held.size() == 1; }));
  std::string const text = "{\"text\":\"" + std::string(4 * 1024 * 1024, 'x') + "\"}";
  failing_write_waits = 1;
  // More than the kernel takes at once, so that the session has to wait for room.
  here.held[0].reply(text);

  BOOST_TEST((client.receive().value_or("closed") == "{\"parameters\":" + text + "}"));
  BOOST_TEST(failing_write_waits == 0);
}

BOOST_AUTO_TEST_CASE(a_reply_over_the_limit_is_an_error_and_the_connection_goes_on) {
  serving here;
  here.bounds.reply_bytes = 1'000;
  here.start();
  auto client = here.connect();
  std::string const fits = "{\"text\":\"" + std::string(1'000 - 11, 'x') + "\"}";
  BOOST_REQUIRE(fits.size() == 1'000);

  client.send(try_call("Hold"));
  client.send(try_call("Hold"));
  BOOST_REQUIRE(here.until([&] { return here.held.size() == 1; }));
  here.held[0].reply(fits + ' ');
  auto const refused = client.receive().value_or("closed");
  BOOST_TEST(refused.find("\"error\"") != std::string::npos, refused);
  BOOST_TEST(refused.find(R"("limit":"reply_bytes","used":1001,"maximum":1000)") !=
                 std::string::npos,
             refused);

  BOOST_REQUIRE(here.until([&] { return here.held.size() == 2; }));
  here.held[1].reply(fits);
  BOOST_TEST(client.receive().value_or("closed") == "{\"parameters\":" + fits + "}");
}

BOOST_AUTO_TEST_CASE(a_stream_that_exceeds_the_limit_ends_and_its_producer_is_notified) {
  serving here;
  here.bounds.reply_bytes = 100;
  here.start();
  auto client = here.connect();
  client.send(try_call("Stream", "{}", R"(,"more":true)"));
  BOOST_REQUIRE(here.until([&] { return here.held.size() == 1; }));

  here.held[0].reply_continues("{\"text\":\"" + std::string(200, 'x') + "\"}");

  BOOST_TEST(here.closed == 0);
  BOOST_TEST(client.receive().value_or("closed").find("reply_bytes") != std::string::npos);
  BOOST_TEST(here.until([&] { return here.closed == 1; }));
  BOOST_TEST(!here.held[0].alive());
}

BOOST_AUTO_TEST_SUITE_END()
