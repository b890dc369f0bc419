#include "core/unique_fd.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/support/program_run.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

// exec and env with the real service and real processes.

namespace {

using namespace cfgd::test;

struct configured : running {
  configured() {
    save("site.yaml", "title: one\nport: 80\ndb:\n  host: h\n");
    daemon.start();
  }

  std::unique_ptr<program_run> cfgctl(std::vector<std::string> arguments) {
    std::vector<std::string> all{"--socket", daemon.socket()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return std::make_unique<program_run>(CFGCTL_PROGRAM, all,
                                         std::vector<std::string>{"PATH=/usr/bin:/bin"});
  }
  /// exec with `options` of the script.
  std::unique_ptr<program_run> exec(std::vector<std::string> options, std::string const& script) {
    options.insert(options.begin(), "exec");
    for (std::string const word : {"site", "--", "sh", "-c"})
      options.push_back(word);
    options.push_back(script);
    return cfgctl(options);
  }
  cfgd::client::revision_number set(std::string const& key, boost::json::value const& value) {
    return daemon.connect().set({.values = {{key, value}}}).value().revision;
  }
  /// The number in the line that the program has begun with.
  static pid_t number_of(program_run const& run) { return std::stoi(run.out()); }
};

/// Says "ready", and a word at each of three signals.
std::string const listener = "trap 'echo hup' HUP; trap 'echo usr1' USR1; "
                             "trap 'kill $!; echo term; exit 9' TERM; echo ready; "
                             "while :; do sleep 1000 >/dev/null 2>&1 & wait $!; done";
std::string const shows = "echo \"runs $TITLE\"; exec sleep 1000";

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(exec)

BOOST_FIXTURE_TEST_CASE(env_prints_what_exec_passes, configured) {
  auto const printed = cfgctl({"env", "site", "--prefix", "S_"});
  BOOST_TEST(printed->finish() == 0);
  BOOST_TEST(printed->out() == "S_DB_HOST=h\nS_PORT=80\nS_TITLE=one\n");

  auto const passed = exec({"--prefix", "S_"}, "echo $S_DB_HOST $S_PORT $S_TITLE");
  BOOST_TEST(passed->finish() == 0);
  BOOST_TEST(passed->out() == "h 80 one\n");
}

BOOST_FIXTURE_TEST_CASE(the_exit_code_is_that_of_the_program, configured) {
  for (std::vector<std::string> const& options :
       {std::vector<std::string>{}, {"--restart"}, {"--signal", "HUP"}}) {
    BOOST_TEST(exec(options, "exit 7")->finish() == 7);
    auto const missing = cfgctl({"exec", "site", "--", directory / "none"});
    BOOST_TEST(missing->finish() == 127);
  }
  BOOST_TEST(exec({"--restart"}, "kill -9 $$")->finish() == 137);
  auto restarting = std::vector<std::string>{"exec", "--restart", "site", "--", directory / "none"};
  BOOST_TEST(cfgctl(restarting)->finish() == 127);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_run_is_said, configured) {
  auto const none = cfgctl({"exec", "--restart", "siet", "--", "true"});
  BOOST_TEST(none->finish() == 1);
  BOOST_TEST(none->err().find("siet") != std::string::npos);
  BOOST_TEST(cfgctl({"exec", "site"})->finish() == 2);
  BOOST_TEST(cfgctl({"exec", "--signal", "STOPPED", "site", "--", "true"})->finish() == 2);
  BOOST_TEST(cfgctl({"exec", "--consumer", "x", "site", "--", "true"})->finish() == 2);
  set("site.db_host", "other");
  auto const clash = cfgctl({"env", "site"});
  BOOST_TEST(clash->finish() == 1);
  BOOST_TEST(clash->err().find("DB_HOST") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_change_restarts_the_program_with_the_new_values, configured) {
  auto const run = exec({"--restart"}, shows);
  run->wait_for_output("runs one\n");
  set("site.title", "two");
  run->wait_for_output("runs two\n");
  run->send_signal(SIGTERM);

  BOOST_TEST(run->finish() == 128 + SIGTERM);
  BOOST_TEST(run->out() == "runs one\nruns two\n");
}

BOOST_FIXTURE_TEST_CASE(a_restart_ends_all_that_the_program_has_started, configured) {
  auto const run = exec({"--restart"}, "sleep 1000 & echo \"$! $TITLE\"; wait");
  run->wait_for_output(" one\n");
  cfgd::unique_fd const below(static_cast<int>(::syscall(SYS_pidfd_open, number_of(*run), 0)));
  set("site.title", "two");
  run->wait_for_output(" two\n");

  pollfd ended{.fd = below.get(), .events = POLLIN, .revents = 0};
  BOOST_TEST(::poll(&ended, 1, 20'000) == 1); // readable once it has ended
  run->send_signal(SIGTERM);
  BOOST_TEST(run->finish() == 128 + SIGTERM);
}

BOOST_FIXTURE_TEST_CASE(a_change_is_signalled_and_signals_are_passed_on, configured) {
  auto const run = exec({"--signal", "HUP"}, listener);
  run->wait_for_output("ready\n");
  run->send_signal(SIGUSR1);
  run->wait_for_output("usr1\n");
  set("site.title", "two");
  run->wait_for_output("hup\n");
  run->send_signal(SIGTERM);

  BOOST_TEST(run->finish() == 9);
  BOOST_TEST(run->out() == "ready\nusr1\nhup\nterm\n");
}

BOOST_FIXTURE_TEST_CASE(the_program_ends_with_cfgctl_however_that_ends, configured) {
  auto const run = exec({"--signal", "HUP"}, listener);
  run->wait_for_output("ready\n");
  run->send_signal(SIGKILL);

  run->wait_for_output("term\n");
  BOOST_TEST(run->finish() == -SIGKILL);
}

BOOST_FIXTURE_TEST_CASE(a_program_that_is_killed_is_the_end, configured) {
  auto const run = exec({"--restart"}, "echo $$; exec sleep 1000");
  run->wait_for_output("\n");
  ::kill(number_of(*run), SIGKILL);

  BOOST_TEST(run->finish() == 128 + SIGKILL);
}

BOOST_FIXTURE_TEST_CASE(what_is_applied_is_acknowledged_and_what_fails_is_reported, configured) {
  auto const run = exec({"--restart", "--consumer", "web"},
                        "test $TITLE != bad || exit 3; echo runs; exec sleep 1000");
  run->wait_for_output("runs\n");
  auto service = daemon.connect();
  auto const good = set("site.title", "two");
  auto const applied = service.wait_applied(good, {"web"}, std::chrono::seconds(20)).value();
  BOOST_TEST(applied.applied);

  auto const bad = set("site.title", "bad");
  auto const failed = service.wait_applied(bad, {"web"}, std::chrono::seconds(20)).value();

  BOOST_TEST(!failed.applied);
  BOOST_REQUIRE(failed.waiting.size() == 1U);
  BOOST_REQUIRE(failed.waiting.front().failure.has_value());
  BOOST_TEST(failed.waiting.front().failure->message == "'sh' ended with 3");
  set("site.title", "three");
  auto const later = service.wait_applied(bad + 1, {"web"}, std::chrono::seconds(20)).value();
  BOOST_TEST(later.applied);
  run->send_signal(SIGTERM);
  BOOST_TEST(run->finish() == 128 + SIGTERM);
}

BOOST_FIXTURE_TEST_CASE(it_goes_on_while_the_service_is_away, configured) {
  auto const run = exec({"--restart"}, shows);
  run->wait_for_output("runs one\n");
  daemon.stop();
  run->wait_for_error("trying again\n");
  save("site.yaml", "title: later\n");
  daemon.start();
  run->wait_for_output("runs later\n");
  run->send_signal(SIGTERM);

  BOOST_TEST(run->finish() == 128 + SIGTERM);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
