#include "core/journal.hpp"
#include "core/json.hpp"
#include "tests/integration/activated_daemon.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/tree/decorator.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// What a service manager and its users see of the daemon.

namespace {

using namespace cfgd::test;
using namespace std::chrono_literals;

struct activated {
  /// Writes a file of the admin layer, by rename.
  void save(std::string_view name, std::string_view text) {
    replace_file(directory / "root" / "etc" / "namespaces" / name, text);
  }
  /// Starts it with one listening socket and waits until it is ready; its notifications.
  std::string start(std::vector<std::string> environment = {}) {
    daemon.start({{daemon.listening("io.cfgd"), "varlink"}}, std::move(environment));
    return daemon.wait_for("READY=1");
  }
  auto connect() { return activated_daemon::connect(daemon.path_of("io.cfgd")); }
  /// The name of the error that a call is answered with; empty if with none.
  std::string error_of(std::string_view method, boost::json::object const& parameters = {}) {
    auto const done = connect().call(method, parameters);
    return done ? "" : done.error().name;
  }

  temporary_directory directory;
  activated_daemon daemon{directory.path()};
};

/// Where there is one, its lines would go to the real journal.
boost::test_tools::assertion_result no_journal(boost::unit_test::test_unit_id) {
  return !std::filesystem::exists(cfgd::log::journal_socket);
}

/// A plain exchange over a socket: one call, one reply, both with their NUL.
std::string exchange(int socket, std::string_view call) {
  if (::write(socket, call.data(), call.size()) < 0) return "cannot write";
  std::string reply;
  std::array<char, 4096> buffer{};
  while (reply.find('\0') == std::string::npos) {
    pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, 30'000) != 1) return "timeout";
    auto const got = ::read(socket, buffer.data(), buffer.size());
    if (got <= 0) return "closed";
    reply.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return reply;
}

} // namespace

namespace cases {
BOOST_FIXTURE_TEST_SUITE(activation, activated)

BOOST_AUTO_TEST_CASE(it_is_ready_when_every_source_was_read) {
  save("a.toml", "x = 1\n");
  save("b.toml", "x = \n");

  auto const notified = start();

  BOOST_TEST(notified.find("\nSTATUS=revision 1, 2 namespaces, 1 source not effective") !=
             std::string::npos);
  BOOST_TEST(notified.find("b.toml' quarantined") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_connects_before_it_starts_is_answered) {
  save("a.toml", "x = 1\n");
  int const socket = daemon.listening("io.cfgd");
  auto early = connect();

  daemon.start({{socket, "varlink"}});

  BOOST_TEST(early.get_value("a.x").value().value() == 1);
}

BOOST_AUTO_TEST_CASE(with_a_passed_socket_none_is_made_and_none_removed) {
  start();
  BOOST_TEST(!std::filesystem::exists(directory / "root" / "run" / "io.cfgd"));

  daemon.send_signal(SIGTERM);
  daemon.wait_for("STOPPING=1");

  BOOST_TEST(daemon.wait() == EX_OK);
  BOOST_TEST(std::filesystem::exists(daemon.path_of("io.cfgd")));
}

BOOST_AUTO_TEST_CASE(a_socket_without_a_name_is_taken) {
  daemon.start({{daemon.listening("io.cfgd"), ""}});
  daemon.wait_for("READY=1");

  BOOST_TEST(connect().status().has_value());
}

BOOST_AUTO_TEST_CASE(of_several_sockets_that_of_the_name_is_taken) {
  int const other = daemon.listening("other");
  daemon.start({{other, "other"}, {daemon.listening("io.cfgd"), "varlink"}});
  daemon.wait_for("READY=1");

  BOOST_TEST(connect().status().has_value());
  BOOST_TEST(daemon.log().find("the passed socket 'other' is not for this service") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_connected_socket_is_served) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  daemon.start({{ends[1], "varlink"}});
  ::close(ends[1]);

  auto const reply =
      exchange(ends[0], std::string_view("{\"method\":\"io.systemd.service.Ping\"}\0", 37));

  BOOST_TEST(
      (reply == std::string("{}\0", 3) || reply == std::string("{\"parameters\":{}}\0", 18)));
  ::close(ends[0]);
}

BOOST_AUTO_TEST_CASE(what_is_no_socket_keeps_it_from_starting) {
  int const nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  daemon.start({{nothing, "varlink"}});

  BOOST_TEST(daemon.wait() == EX_UNAVAILABLE);
  BOOST_TEST(daemon.log().find("no Unix stream socket") != std::string::npos);
  ::close(nothing);
}

BOOST_AUTO_TEST_CASE(a_bad_edit_and_its_end_are_in_the_status) {
  save("a.toml", "x = 1\n");
  start();

  save("a.toml", "x = \n");
  auto const bad = daemon.wait_for("not effective");
  save("a.toml", "x = 2\n");
  auto const good = daemon.wait_for("all sources effective");

  BOOST_TEST(bad.find("STATUS=revision 1, 1 namespace, 1 source not") == 0U);
  BOOST_TEST(good == "STATUS=revision 2, 1 namespace, all sources effective");
}

BOOST_AUTO_TEST_CASE(a_reload_is_reported_from_its_begin_to_its_end) {
  start();

  auto const done = connect().reload();
  BOOST_TEST(done.has_value());
  daemon.wait_for("RELOADING=1\nMONOTONIC_USEC=");
  daemon.wait_for("READY=1");
  daemon.send_signal(SIGHUP);
  daemon.wait_for("RELOADING=1");
  daemon.wait_for("READY=1");
}

BOOST_AUTO_TEST_CASE(a_reload_that_fails_says_so_and_ends_all_the_same) {
  start();
  write_file(directory / "root" / "etc" / "cfgd.toml", "[log]\nlevel = 1\n");

  BOOST_TEST(error_of("io.systemd.service.Reload") == "io.systemd.System");
  daemon.wait_for("RELOADING=1");
  daemon.wait_for("READY=1");
  BOOST_TEST(error_of("io.cfgd.Service.Reload") == "io.cfgd.Service.BadSettings");
  std::filesystem::resize_file(directory / "root" / "etc" / "cfgd.toml", 16 * 1024 * 1024 + 1);
  BOOST_TEST(error_of("io.cfgd.Service.Reload") == "io.cfgd.Service.BadSettings");
}

BOOST_AUTO_TEST_CASE(the_log_level_is_set_while_it_runs) {
  start();

  BOOST_TEST(error_of("io.systemd.service.SetLogLevel", {{"level", 7}}).empty());
  auto const level = connect().call("io.systemd.service.GetLogLevel").value();

  BOOST_TEST(cfgd::json::canonical(level) == R"({"level":7})");
  BOOST_TEST(error_of("io.systemd.service.SetLogLevel", {{"level", 8}}) ==
             "org.varlink.service.InvalidParameter");
  BOOST_TEST(error_of("io.systemd.service.Ping").empty());
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed) {
  start({"WATCHDOG_USEC=200000"});

  for (int count = 0; count < 3; ++count)
    BOOST_TEST(daemon.wait_for("WATCHDOG=1") == "WATCHDOG=1");
}

BOOST_AUTO_TEST_CASE(where_the_journal_has_no_socket_lines_begin_with_their_priority,
                     *boost::unit_test::precondition(no_journal)) {
  write_file(directory / "log", "");
  struct stat log {};
  BOOST_REQUIRE(::stat((directory / "log").c_str(), &log) == 0);

  start({"JOURNAL_STREAM=" + std::to_string(log.st_dev) + ':' + std::to_string(log.st_ino)});

  BOOST_TEST(daemon.log().starts_with("<6>listening on the socket that was passed"));
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_under_load_outlives_the_stop) {
  start();
  std::array<std::atomic<int>, 4> acknowledged{};
  std::vector<std::thread> writers;
  for (std::size_t which = 0; which < acknowledged.size(); ++which)
    writers.emplace_back([&, which] {
      auto connected = connect();
      auto const key = "load.w" + std::to_string(which);
      for (int number = 1; connected.set({.values = {{key, number}}}).has_value(); ++number)
        acknowledged[which] = number;
    });
  while (acknowledged[0] < 20)
    std::this_thread::yield();

  daemon.send_signal(SIGTERM);
  daemon.wait_for("STOPPING=1");
  auto const begin = std::chrono::steady_clock::now();
  int const code = daemon.wait();
  auto const took = std::chrono::steady_clock::now() - begin;
  for (auto& one : writers)
    one.join();

  BOOST_TEST(code == EX_OK);
  BOOST_TEST((took < 10s)); // TimeoutStopSec= of the unit
  std::filesystem::remove(daemon.path_of("io.cfgd"));
  start();
  for (std::size_t which = 0; which < acknowledged.size(); ++which) {
    auto const kept = connect().get_value("load.w" + std::to_string(which)).value();
    // One more may have been made durable and its answer lost.
    int const value = kept ? static_cast<int>(kept->as_int64()) : 0;
    BOOST_TEST(value >= acknowledged[which].load());
    BOOST_TEST(value <= acknowledged[which].load() + 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
