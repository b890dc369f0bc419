#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/systemd.hpp"
#include "ipc/task_group.hpp"
#include "tests/support/datagram_receiver.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace cfgd;
using namespace std::chrono_literals;
using systemd::supervisor;

/// A variable of this process for as long as it lives.
struct with_variable {
  with_variable(char const* name, std::string const& value) : of(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~with_variable() { ::unsetenv(of); }
  with_variable(with_variable const&) = delete;
  with_variable& operator=(with_variable const&) = delete;

  char const* of;
};

/// A supervisor that runs on a loop, with a service manager that listens.
struct supervised {
  explicit supervised(supervisor::pace pace = {.status = 1ms})
      : reports(loop.get_executor(),
                {.status = [this] { return status; },
                 .ping =
                     [this](std::function<void()> const& answered) {
                       if (committer_answers) answered();
                     }},
                pace),
        tasks(loop.get_executor(), nullptr) {
    tasks.spawn("supervisor", reports.run());
  }
  ~supervised() {
    tasks.cancel();
    test::run_until(loop, [this] { return tasks.size() == 0; });
  }
  supervised(supervised const&) = delete;
  supervised& operator=(supervised const&) = delete;

  /// The next message that begins with `text`, while the loop runs; empty if there is none.
  std::string next(std::string const& text) {
    std::string found;
    test::run_until(loop, [&] {
      while (auto const message = manager.take())
        if (message->starts_with(text)) found = *message;
      return !found.empty();
    });
    return found;
  }

  test::temporary_directory directory;
  test::datagram_receiver manager{directory / "notify"};
  with_variable variable{"NOTIFY_SOCKET", manager.path()};
  boost::asio::io_context loop{1};
  std::string status = "fine";
  bool committer_answers = true;
  supervisor reports;
  ipc::task_group tasks;
};

struct with_watchdog {
  explicit with_watchdog(std::chrono::microseconds period)
      : time("WATCHDOG_USEC", std::to_string(period.count())),
        process("WATCHDOG_PID", std::to_string(::getpid())) {}
  with_variable time;
  with_variable process;
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(systemd)

BOOST_AUTO_TEST_CASE(readiness_comes_with_the_status) {
  supervised test;

  test.reports.ready();

  BOOST_TEST(test.manager.take().value() == "READY=1\nSTATUS=fine");
}

BOOST_AUTO_TEST_CASE(a_new_status_is_sent_and_many_are_one) {
  supervised test({.status = 50ms});
  test.reports.ready();
  BOOST_TEST(test.manager.take().has_value());

  test.status = "one";
  test.reports.status_changed();
  BOOST_TEST(test.next("STATUS=") == "STATUS=one");
  for (int count = 0; count < 100; ++count) {
    test.status = "more " + std::to_string(count);
    test.reports.status_changed();
  }

  BOOST_TEST(test.next("STATUS=") == "STATUS=more 99");
  BOOST_TEST(!test.manager.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_status_is_one_line_whatever_files_are_called) {
  supervised test;
  test.status = "'a\nREADY=0'";

  test.reports.ready();

  BOOST_TEST(test.manager.take().value() == "READY=1\nSTATUS='a?READY=0'");
}

BOOST_AUTO_TEST_CASE(overlapping_reloads_are_one) {
  supervised test;
  test.reports.ready();
  BOOST_TEST(test.manager.take().has_value());

  test.reports.begin_reload();
  test.reports.begin_reload();
  test.reports.end_reload();
  BOOST_TEST(test.manager.take().value().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  BOOST_TEST(!test.manager.take().has_value());
  test.reports.end_reload();

  BOOST_TEST(test.manager.take().value() == "READY=1\nSTATUS=fine");
}

BOOST_AUTO_TEST_CASE(a_reload_before_the_service_is_ready_does_not_make_it_so) {
  supervised test;

  test.reports.begin_reload();
  test.reports.end_reload();

  BOOST_TEST(!test.manager.take().has_value());
}

BOOST_AUTO_TEST_CASE(behind_the_end_comes_nothing) {
  supervised test;
  test.reports.begin_reload();

  test.reports.stopping();
  test.reports.end_reload();
  test.reports.ready();
  test.reports.stopping();

  BOOST_TEST(test.manager.take().value() == "STOPPING=1\nSTATUS=Stopping");
  BOOST_TEST(!test.manager.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_long_start_is_prolonged_until_it_is_over) {
  supervised test({.status = 1ms, .extension = 10ms, .longest_start = 10min});

  BOOST_TEST(test.next("EXTEND") == "EXTEND_TIMEOUT_USEC=30000");
  BOOST_TEST(test.next("EXTEND") == "EXTEND_TIMEOUT_USEC=30000");
  test.reports.ready();
  BOOST_TEST(!test.next("READY=1").empty());

  test::run_until(
      test.loop, [] { return false; }, 50ms);
  while (auto const message = test.manager.take())
    BOOST_TEST(!message->starts_with("EXTEND"));
}

BOOST_AUTO_TEST_CASE(a_start_is_not_prolonged_for_ever) {
  supervised test({.status = 1ms, .extension = 1ms, .longest_start = 0min});

  test::run_until(
      test.loop, [] { return false; }, 20ms);

  BOOST_TEST(!test.manager.take().has_value());
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed_while_the_committer_answers) {
  with_watchdog const watchdog(20ms);
  supervised test;

  for (int count = 0; count < 5; ++count)
    BOOST_TEST(test.next("WATCHDOG=1") == "WATCHDOG=1");
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_not_fed_for_a_committer_that_is_silent) {
  with_watchdog const watchdog(20ms);
  log::capture captured;
  supervised test;
  test.committer_answers = false;

  std::vector<log::capture::entry> lines;
  BOOST_TEST(test::run_until(test.loop, [&] {
    lines = captured.take();
    return !lines.empty();
  }));
  while (test.manager.take()) {
  }
  test::run_until(
      test.loop, [] { return false; }, 100ms);

  BOOST_TEST(!test.manager.take().has_value());
  BOOST_TEST(captured.take().empty());
  BOOST_REQUIRE(!lines[0].fields.empty());
  BOOST_TEST(lines[0].fields[0].value == message_id::committer_silent);
}

BOOST_AUTO_TEST_CASE(a_pulse_lasts_two_beats_behind_an_answer) {
  cfgd::systemd::pulse committer;

  BOOST_TEST(committer.beat());
  BOOST_TEST(committer.beat());
  BOOST_TEST(!committer.beat());
  committer.answered();
  BOOST_TEST(committer.beat());
}

BOOST_AUTO_TEST_CASE(without_a_service_manager_nothing_runs) {
  boost::asio::io_context loop{1};
  supervisor quiet(loop.get_executor(), {.status = [] { return ""; }, .ping = nullptr},
                   supervisor::pace{});
  ipc::task_group tasks(loop.get_executor(), nullptr);
  tasks.spawn("supervisor", quiet.run());

  quiet.ready();
  quiet.status_changed();
  loop.run();

  BOOST_TEST(tasks.size() == 0U);
}

BOOST_AUTO_TEST_CASE(no_socket_is_taken_that_was_passed_to_another_process) {
  with_variable const count("LISTEN_FDS", "1");
  with_variable const process("LISTEN_PID", std::to_string(::getppid()));

  BOOST_TEST(cfgd::systemd::take_sockets({cfgd::systemd::varlink_socket}).empty());
}

BOOST_AUTO_TEST_CASE(the_unit_of_a_connection_is_looked_up_once) {
  int looked_up = 0;
  cfgd::systemd::client_units units([&](pid_t process) {
    return std::to_string(++looked_up) + " of " + std::to_string(process);
  });

  BOOST_TEST(units.of(7, 100) == "1 of 100");
  BOOST_TEST(units.of(8, 100) == "2 of 100");
  BOOST_TEST(units.of(7, 200) == "1 of 100"); // whoever has the number of the process by now
  BOOST_TEST(units.of(0, 100) == "3 of 100");
  BOOST_TEST(units.of(0, 100) == "4 of 100");
}

BOOST_AUTO_TEST_CASE(a_process_that_is_not_there_has_no_unit) {
  BOOST_TEST(cfgd::systemd::unit_of(0).empty());
  BOOST_TEST(cfgd::systemd::unit_of(-1).empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
