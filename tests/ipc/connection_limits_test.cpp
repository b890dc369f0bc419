#include "core/log.hpp"
#include "core/unique_fd.hpp"
#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

using namespace cfgd;
using namespace cfgd::test;

namespace {

std::string exceeded(std::string_view limit, std::size_t used, std::size_t maximum,
                     std::string const& scope = {}) {
  std::string text = R"({"error":"io.cfgd.Config.LimitExceeded","parameters":{)";
  if (!scope.empty()) text.append(R"("scope":")").append(scope).append(R"(",)");
  text.append(R"("limit":")").append(limit);
  return text + R"(","used":)" + std::to_string(used) + R"(,"maximum":)" + std::to_string(maximum) +
         "}}";
}

std::string user_scope() { return "user " + std::to_string(::getuid()); }

std::string const note = try_call("Note", R"({"text":"x"})");

/// A call of Echo that is `bytes` long as a message, without its NUL.
std::string echo_of(std::size_t bytes) {
  auto const empty = try_call("Echo", R"({"text":""})").size();
  return try_call("Echo", R"({"text":")" + std::string(bytes - empty, 'x') + R"("})");
}

std::string nested(std::size_t depth) {
  return try_call("Types",
                  R"({"any":{"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}}");
}

std::size_t count_warnings(log::capture& lines, std::string_view text) {
  std::size_t count = 0;
  for (auto const& line : lines.take())
    if (line.severity == log::level::warning && line.message.find(text) != std::string::npos)
      ++count;
  return count;
}

/// Lowers the number of descriptors that this process may have, for a test.
class few_descriptors {
 public:
  explicit few_descriptors(rlim_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    int const next = ::open("/dev/null", O_RDONLY | O_CLOEXEC); // the lowest free number
    ::close(next);
    rlimit const lower{static_cast<rlim_t>(next) + more, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &lower);
  }
  ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  few_descriptors(few_descriptors const&) = delete;
  few_descriptors& operator=(few_descriptors const&) = delete;

 private:
  rlimit before_{};
};

struct limited : session_fixture {
  log::capture lines;

  limited() {
    bounds.connections_per_uid = bounds.connections_of_root = 1000;
    bounds.connections = 1000;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(connection_limits, limited)

BOOST_AUTO_TEST_CASE(connections_in_all_are_limited) {
  bounds.connections = 3;
  start();
  std::vector<varlink_peer> clients;
  for (int count = 0; count < 3; ++count) {
    clients.push_back(connect());
    BOOST_TEST(clients.back().ask(note) == "{}");
  }

  auto refused = connect();
  BOOST_TEST(received(refused) == exceeded("connections", 3, 3, "all users"));
  BOOST_TEST(refused.is_closed());
  BOOST_TEST(server->figures().refused == 1U);
  BOOST_TEST(server->figures().connections == 3U);

  clients.pop_back();
  BOOST_TEST(until([&] { return server->figures().connections == 2; }));
  auto next = connect();
  BOOST_TEST(next.ask(note) == "{}");
}

BOOST_AUTO_TEST_CASE(connections_of_a_uid_are_limited) {
  bounds.connections_per_uid = bounds.connections_of_root = 2;
  start();
  auto first = connect();
  auto second = connect();
  BOOST_TEST(first.ask(note) == "{}");
  BOOST_TEST(second.ask(note) == "{}");

  auto third = connect();

  BOOST_TEST(third.ask(note) ==
             exceeded(::getuid() == 0 ? "connections_of_root" : "connections_per_uid", 2, 2,
                      user_scope()));
}

BOOST_AUTO_TEST_CASE(refusals_are_logged_with_measure) {
  bounds.connections = 0;
  start();

  for (int count = 0; count < 50; ++count) {
    auto client = connect();
    BOOST_TEST(received(client) == exceeded("connections", 0, 0, "all users"));
  }

  BOOST_TEST(server->figures().refused == 50U);
  BOOST_TEST(count_warnings(lines, "refusing a connection") == 1U);
}

BOOST_AUTO_TEST_CASE(a_message_just_below_and_at_the_limit_is_served) {
  bounds.frame_bytes = 512;
  auto client = start_and_connect();

  BOOST_TEST(client.ask(echo_of(511)).starts_with(R"({"parameters")"));
  BOOST_TEST(client.ask(echo_of(512)).starts_with(R"({"parameters")"));
}

BOOST_AUTO_TEST_CASE(a_message_over_the_limit_is_named_and_ends_the_connection) {
  bounds.frame_bytes = 512;
  auto client = start_and_connect();
  client.send_raw(note + '\0' + echo_of(513) + '\0' + note + '\0');

  BOOST_TEST(received(client) == "{}");
  BOOST_TEST(received(client).starts_with(
      R"({"error":"io.cfgd.Config.LimitExceeded","parameters":{"limit":"frame_bytes")"));
  BOOST_TEST(client.is_closed());
  BOOST_TEST(noted.size() == 1U);
  BOOST_TEST(count_warnings(lines, "frame_bytes") == 1U);
}

BOOST_AUTO_TEST_CASE(bytes_without_an_end_are_cut_at_the_limit) {
  bounds.frame_bytes = 100'000;
  auto client = start_and_connect();

  std::string const endless(8'000'000, ' ');
  client.send_raw(endless);

  BOOST_TEST(received(client).find("frame_bytes") != std::string::npos);
  BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(deep_and_wide_calls_are_refused_and_the_connection_stays) {
  bounds.request_depth = 10;
  bounds.request_elements = 100;
  auto client = start_and_connect();
  std::string wide;
  for (int count = 0; count < 101; ++count)
    wide += "1,";
  wide.pop_back();

  BOOST_TEST(client.ask(nested(7)) == R"({"parameters":{"seen":1}})");
  auto const deep = client.ask(nested(8));
  auto const many = client.ask(try_call("Types", R"({"any":{"a":[)" + wide + "]}}"));

  BOOST_TEST(deep.find(R"("limit":"request_depth")") != std::string::npos);
  BOOST_TEST(many.find(R"("limit":"request_elements")") != std::string::npos);
  BOOST_TEST(client.ask(note) == "{}");
}

BOOST_AUTO_TEST_CASE(a_message_that_does_not_end_has_a_deadline) {
  bounds.partial_frame = std::chrono::milliseconds(50);
  auto client = start_and_connect();
  auto idle = connect();
  BOOST_TEST(idle.ask(note) == "{}");
  auto const begun = std::chrono::steady_clock::now();
  client.send_raw(note);

  BOOST_TEST(received(client) == exceeded("partial_frame_ms", 50, 50));

  BOOST_TEST(client.is_closed());
  BOOST_TEST((std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(50)));
  BOOST_TEST(idle.ask(note) == "{}");
}

BOOST_AUTO_TEST_CASE(bytes_that_trickle_in_do_not_move_the_deadline) {
  bounds.partial_frame = std::chrono::milliseconds(100);
  auto client = start_and_connect();
  auto const begun = std::chrono::steady_clock::now();

  // One byte for each round of the loop, as long as the server takes them.
  until([&] {
    return ::send(client.socket(), " ", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EPIPE;
  });

  BOOST_TEST(received(client) == exceeded("partial_frame_ms", 100, 100));
  BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(the_deadline_is_that_of_a_message_and_not_of_the_connection) {
  bounds.partial_frame = std::chrono::milliseconds(1'000);
  auto client = start_and_connect();
  auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2'500);

  // There is always a message that has begun, and none that takes long.
  client.send_raw(note.substr(0, 5));
  std::size_t answered = 0;
  while (std::chrono::steady_clock::now() < end) {
    client.send_raw(note.substr(5) + '\0' + note.substr(0, 5));
    BOOST_REQUIRE(received(client) == "{}");
    ++answered;
    until([] { return false; }, std::chrono::milliseconds(20));
  }

  BOOST_TEST(answered > 3U);
}

BOOST_AUTO_TEST_CASE(without_descriptors_clients_are_refused_with_a_reason) {
  bounds.reserved_descriptors = 0;
  start();
  auto served = connect();
  BOOST_TEST(served.ask(note) == "{}");
  // The clients' ends count too: 40 for 60 clients that each want two.
  std::vector<int> ends;
  ends.reserve(60);
  for (int count = 0; count < 60; ++count)
    ends.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::vector<varlink_peer> clients;
  std::size_t refused = 0;
  {
    few_descriptors const limit(40);
    for (int const end : ends) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path().native().copy(address.sun_path, sizeof address.sun_path - 1);
      BOOST_REQUIRE(::connect(end, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
      clients.emplace_back(loop, end);
    }
    BOOST_TEST(clients.back().receive(std::chrono::milliseconds(250)).value_or("waits") == "waits");
    auto const turns = loop.poll();
    BOOST_TEST(turns < 10U);
    BOOST_TEST(served.ask(note) == "{}");
    for (auto& client : clients)
      if (auto const answer = client.receive(std::chrono::milliseconds(0)))
        refused += answer->find(R"("limit":"descriptors")") != std::string::npos ? 1U : 0U;
  }

  BOOST_TEST(refused >= 1U);
  BOOST_TEST(refused <= 5U);
  BOOST_TEST(count_warnings(lines, "cannot accept connections") == 1U);
  auto const freed = std::chrono::steady_clock::now();
  BOOST_TEST(clients.back().ask(note) == "{}");
  BOOST_TEST((std::chrono::steady_clock::now() - freed < std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(descriptors_are_kept_and_clients_wait_for_them) {
  bounds.reserved_descriptors = 20;
  start();
  auto served = connect();
  BOOST_TEST(served.ask(note) == "{}");
  std::vector<int> ends;
  for (int count = 0; count < 60; ++count)
    ends.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  std::vector<varlink_peer> clients;
  {
    few_descriptors const limit(50);
    for (int const end : ends) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path().native().copy(address.sun_path, sizeof address.sun_path - 1);
      BOOST_REQUIRE(::connect(end, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
      clients.emplace_back(loop, end);
    }
    BOOST_TEST(clients.back().receive(std::chrono::milliseconds(250)).value_or("waits") == "waits");

    BOOST_TEST(served.ask(note) == "{}");
    unique_fd const file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    BOOST_TEST(static_cast<bool>(file));
    BOOST_TEST(server->figures().refused == 0U);
    BOOST_TEST(server->figures().connections < 61U);
  }

  BOOST_TEST(count_warnings(lines, "descriptors are kept for files and administrators") == 1U);
  BOOST_TEST(clients.back().ask(note) == "{}");
}

BOOST_AUTO_TEST_CASE(connections_above_the_rate_are_served_later_and_then_refused) {
  bounds.connections_per_second = 10;
  bounds.connection_burst = 2;
  start();
  server->set_privileges({.has_reserve = [](uid_t) { return false; },
                          .is_administrator = [](ipc::peer const&) { return true; }});
  std::vector<varlink_peer> clients;
  auto const begun = std::chrono::steady_clock::now();
  for (int count = 0; count < 40; ++count) {
    clients.push_back(connect());
    BOOST_REQUIRE(until([&] {
      auto const& seen = server->figures();
      return seen.accepted + seen.refused == clients.size();
    }));
  }

  BOOST_TEST(clients[0].ask(note) == "{}");
  BOOST_TEST(clients[4].ask(note) == "{}");
  BOOST_TEST((std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds(200)));
  auto const refused = received(clients.back());
  BOOST_TEST(refused.find(R"("scope":")" + user_scope()) != std::string::npos, refused);
  BOOST_TEST(refused.find(R"("limit":"connections_per_second")") != std::string::npos, refused);
  BOOST_TEST(server->figures().delayed >= 5U);
  BOOST_TEST(server->figures().refused >= 1U);
  BOOST_TEST(server->users().most_refused().value_or(uid_t(-1)) == ::getuid());
}

BOOST_AUTO_TEST_CASE(the_socket_of_administrators_is_for_them_only) {
  start();
  bool is_one = true;
  server->set_privileges({.has_reserve = [](uid_t) { return false; },
                          .is_administrator = [&is_one](ipc::peer const&) { return is_one; }});
  auto const place = directory / "admin";
  BOOST_REQUIRE(server->listen_for_administrators(place, ::getgid()).has_value());
  struct stat status {};
  BOOST_REQUIRE(::stat(place.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0660U);

  varlink_peer allowed(loop, place);
  BOOST_TEST(allowed.ask(note) == "{}");
  is_one = false;
  varlink_peer other(loop, place);
  BOOST_TEST(other.is_closed());
}

BOOST_AUTO_TEST_CASE(who_does_not_read_is_paused_and_then_refused_and_goes_on_when_it_reads) {
  bounds.buffer_bytes_per_uid = 4 * 1024 * 1024;
  start();
  server->set_privileges({.has_reserve = [](uid_t) { return false; },
                          .is_administrator = [](ipc::peer const&) { return false; }});
  auto first = connect();
  auto large = connect();
  auto second = connect();
  auto late = connect();
  auto const& users = server->users();

  first.send(try_call("Produce", R"({"bytes":3000000})"));
  BOOST_REQUIRE(until([&] { return users.all().queued > 2'000'000; }));
  auto const refused = large.ask(try_call("Produce", R"({"bytes":1700000})"));
  BOOST_TEST(refused.find(R"("scope":")" + user_scope()) != std::string::npos, refused);
  BOOST_TEST(refused.find(R"("limit":"buffer_bytes_per_uid")") != std::string::npos, refused);
  second.send(try_call("Produce", R"({"bytes":1190000})"));
  BOOST_REQUIRE(until([&] { return users.pauses(::getuid()); }));
  late.send(note);
  BOOST_TEST(late.receive(std::chrono::milliseconds(50)).value_or("waits") == "waits");

  BOOST_TEST(received(first).size() > 3'000'000U);
  BOOST_TEST(received(second).size() > 1'190'000U);
  BOOST_TEST(received(late) == "{}");
  BOOST_TEST(until([&] { return users.all().sum() == 0; }));
  BOOST_TEST(server->figures().refused_replies == 1U);
}

BOOST_AUTO_TEST_CASE(the_largest_connection_is_closed_when_all_memory_is_used) {
  bounds.buffer_bytes = 1024 * 1024;
  bounds.reserved_buffer_bytes = 1;
  bounds.buffer_bytes_per_uid = 4 * 1024 * 1024;
  start();
  server->set_privileges({.has_reserve = [](uid_t) { return false; },
                          .is_administrator = [](ipc::peer const&) { return false; }});
  auto small = connect();
  auto large = connect();
  small.send(try_call("Hold"));
  BOOST_REQUIRE(until([&] { return held.size() == 1; }));
  large.send(try_call("Stream", "{}", R"(,"more":true)"));
  BOOST_REQUIRE(until([&] { return held.size() == 2; }));

  // Small replies are always queued, so that many of them go over every maximum.
  std::string const parameters = R"({"number":1})" + std::string(4000, ' ');
  for (int count = 0; count < 400; ++count)
    held[1].reply_continues(parameters);

  BOOST_TEST(until([&] { return server->figures().closed_for_memory == 1; }));
  BOOST_TEST(count_warnings(lines, "closing the largest connection of user") == 1U);
  held[0].reply();
  BOOST_TEST(received(small) == "{}");
}

BOOST_AUTO_TEST_SUITE_END()
