#include "core/log.hpp"
#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <string>
#include <system_error>

using namespace cfgd;
using namespace cfgd::test;

namespace {

std::string const note = try_call("Note", R"({"text":"x"})");

mode_t mode_of(std::filesystem::path const& path) {
  struct stat found {};
  BOOST_REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode & 07777U;
}

/// A socket bound at `path`, listening or not.
int bound(std::filesystem::path const& path, int backlog) {
  int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  BOOST_REQUIRE(::bind(number, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  if (backlog > 0) BOOST_REQUIRE(::listen(number, backlog) == 0);
  return number;
}

struct two_servers : session_fixture {
  ipc::server other{loop.get_executor(), bounds, {}};
};

} // namespace

BOOST_AUTO_TEST_SUITE(listening)

BOOST_AUTO_TEST_CASE(the_socket_has_its_mode_whatever_the_umask) {
  for (mode_t const umask_now : {0U, 022U, 077U}) {
    serving here;
    auto const before = ::umask(umask_now);
    here.start();
    ipc::server narrow(here.loop.get_executor(), here.bounds, {});
    auto const made = narrow.listen(here.directory / "narrow", 0600);
    ::umask(before);

    BOOST_TEST(made.has_value());
    BOOST_TEST(mode_of(here.path()) == 0666U);
    BOOST_TEST(mode_of(here.directory / "narrow") == 0600U);
    bool done = false;
    narrow.stop({}, [&] { done = true; });
    BOOST_TEST(here.until([&] { return done; }));
  }
}

BOOST_FIXTURE_TEST_CASE(a_second_server_is_refused, two_servers) {
  start();

  auto const refused = other.listen(path());

  BOOST_TEST((refused.error().code == errc::conflict));
  BOOST_TEST(connect().ask(note) == "{}");
}

BOOST_FIXTURE_TEST_CASE(somebody_without_our_lock_is_not_robbed, two_servers) {
  auto const theirs = bound(path(), 1);

  BOOST_TEST((other.listen(path()).error().code == errc::conflict));

  ::close(theirs);
}

BOOST_FIXTURE_TEST_CASE(a_socket_that_nobody_serves_is_replaced, two_servers) {
  ::close(bound(path(), 1));

  start();

  BOOST_TEST(connect().ask(note) == "{}");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_socket_stays, two_servers) {
  write_file(path(), "precious");
  BOOST_TEST((other.listen(path()).error().code == errc::untrusted));
  BOOST_TEST(read_file(path()) == "precious");

  std::filesystem::create_symlink(path(), directory / "link");
  BOOST_TEST((other.listen(directory / "link").error().code == errc::untrusted));
  std::filesystem::create_directory(directory / "directory");
  BOOST_TEST((other.listen(directory / "directory").error().code == errc::untrusted));
}

BOOST_FIXTURE_TEST_CASE(names_that_cannot_be_are_refused, two_servers) {
  BOOST_TEST((other.listen("").error().code == errc::io));
  BOOST_TEST((other.listen("@cfgd").error().code == errc::io));
  BOOST_TEST((other.listen(directory / std::string(200, 'x')).error().code == errc::io));
  BOOST_TEST((other.listen(directory / "missing/socket").error().code == errc::io));
}

BOOST_FIXTURE_TEST_CASE(stopping_removes_what_was_made, session_fixture) {
  start();

  stop();

  BOOST_TEST(std::filesystem::is_empty(directory.path()));
  start();
  BOOST_TEST(connect().ask(note) == "{}");
}

BOOST_FIXTURE_TEST_CASE(stopping_leaves_a_socket_of_somebody_else, session_fixture) {
  start();
  std::filesystem::remove(path());
  auto const theirs = bound(path(), 1);

  stop();

  BOOST_TEST(std::filesystem::exists(path()));
  ::close(theirs);
}

BOOST_FIXTURE_TEST_CASE(a_passed_listening_socket_is_served_and_not_removed, session_fixture) {
  start();
  auto const passed = directory / "passed";
  BOOST_TEST(server->adopt(bound(passed, 10)).has_value());

  BOOST_TEST(varlink_peer(loop, passed).ask(note) == "{}");
  stop();

  BOOST_TEST(std::filesystem::exists(passed));
}

BOOST_FIXTURE_TEST_CASE(a_passed_connection_is_served, session_fixture) {
  start();
  std::array<int, 2> pair{};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  varlink_peer client(loop, pair[0]);

  BOOST_TEST(server->adopt(pair[1]).has_value());

  BOOST_TEST(client.ask(note) == "{}");
}

BOOST_FIXTURE_TEST_CASE(a_passed_descriptor_of_another_kind_is_refused_and_closed,
                        session_fixture) {
  start();
  std::array<int, 2> datagrams{};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, datagrams.data()) == 0);
  std::array<int, 2> pipe{};
  BOOST_REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);

  BOOST_TEST((server->adopt(datagrams[0]).error().code == errc::protocol));
  BOOST_TEST((server->adopt(pipe[0]).error().code == errc::protocol));
  BOOST_TEST((server->adopt(-1).error().code == errc::protocol));

  BOOST_TEST(::fcntl(datagrams[0], F_GETFD) == -1);
  BOOST_TEST(::fcntl(pipe[0], F_GETFD) == -1);
  ::close(datagrams[1]);
  ::close(pipe[1]);
}

BOOST_FIXTURE_TEST_CASE(stopping_sends_what_is_queued, connected_fixture) {
  client.send(try_call("Produce", R"({"bytes":3000000})"));
  BOOST_TEST(until([&] { return server->figures().calls == 1; }));
  bool done = false;
  server->stop(std::chrono::seconds(20), [&] { done = true; });

  BOOST_TEST(client.receive().value_or("").size() > 3'000'000U);
  BOOST_TEST(client.is_closed());
  BOOST_TEST(until([&] { return done; }));
  server.reset();
}

BOOST_FIXTURE_TEST_CASE(stopping_waits_for_an_answer_and_not_for_a_stream, session_fixture) {
  start();
  auto caller = connect();
  auto watcher = connect();
  caller.send(try_call("Hold"));
  caller.send(note);
  watcher.send(try_call("Stream", "{}", R"(,"more":true)"));
  BOOST_TEST(holds(2));
  bool done = false;
  server->stop(std::chrono::seconds(20), [&] { done = true; });

  BOOST_TEST(watcher.is_closed());
  BOOST_TEST(!until([&] { return done; }, std::chrono::milliseconds(20)));
  for (auto const& answer : held)
    answer.reply();

  BOOST_TEST(received(caller) == "{}");
  BOOST_TEST(caller.is_closed());
  BOOST_TEST(until([&] { return done; }));
  BOOST_TEST(noted.empty());
  server.reset();
}

BOOST_FIXTURE_TEST_CASE(stopping_waits_no_longer_than_its_limit, session_fixture) {
  start();
  auto caller = connect();
  auto stalled = connect();
  caller.send(try_call("Hold"));
  stalled.send(try_call("Produce", R"({"bytes":3000000})"));
  BOOST_TEST(until([&] { return server->figures().calls == 2; }));

  stop(std::chrono::milliseconds(30));

  BOOST_TEST(closed == 1);
  BOOST_TEST(caller.is_closed());
}

BOOST_FIXTURE_TEST_CASE(nobody_connects_to_a_server_that_stops, connected_fixture) {
  client.send(try_call("Hold"));
  BOOST_TEST(holds(1));
  bool done = false;
  server->stop(std::chrono::seconds(20), [&] { done = true; });

  BOOST_CHECK_THROW(connect(), std::system_error);

  client.close();
  BOOST_TEST(until([&] { return done; }));
  server.reset();
}

BOOST_AUTO_TEST_SUITE_END()
