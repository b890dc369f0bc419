#include "tests/integration/fixture.hpp"
#include "tests/support/program_run.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// How the programs are started: with what descriptors, by whom, where, with what words.

namespace {

namespace fs = std::filesystem;
using namespace cfgd::test;

/// A program that is started by a shell with closed descriptors.
program_run start_closed(std::string const& command) {
  return program_run("/bin/sh", {"-c", "exec " + command + " <&- >&- 2>&-"});
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(start)

BOOST_AUTO_TEST_CASE(without_standard_descriptors_the_store_stays_whole) {
  running test;
  test.save("app.json", R"({"a":1})");
  {
    auto closed = start_closed(std::string(CFGD_PROGRAM) + " --root " + test.root.string() +
                               " --log-level debug");
    auto connected = cfgd::client::connection::connect(test.daemon.socket().string());
    while (!connected) // the test's own time limit ends it
      connected = cfgd::client::connection::connect(test.daemon.socket().string());
    for (int number = 0; number < 40; ++number)
      connected->set({.values = {{"app.n", number}}}).value();
    auto const descriptors = fs::path("/proc") / std::to_string(closed.pid()) / "fd";
    for (char const* const number : {"0", "1", "2"})
      BOOST_TEST(fs::read_symlink(descriptors / number) == "/dev/null");
    closed.send_signal(SIGKILL);
    closed.finish();
  }

  test.daemon.start();

  BOOST_TEST(test.value("app") == R"({"a":1,"n":39})");
  BOOST_TEST(test.revision() == 41U);
}

BOOST_AUTO_TEST_CASE(an_argument_that_is_not_utf_8_is_refused_and_nothing_is_sent) {
  running test;
  test.daemon.start();
  auto const revision = test.revision();

  program_run bad(CFGCTL_PROGRAM,
                  {"--socket", test.daemon.socket().string(), "set", "app.a=\xff\xfe"});

  BOOST_TEST(bad.finish() == 2);
  BOOST_TEST(bad.err().starts_with("cfgctl: argument 4 is not valid UTF-8"));
  BOOST_TEST(test.revision() == revision);
}

BOOST_AUTO_TEST_CASE(root_must_say_where, *boost::unit_test::precondition(
                                              [](auto) -> boost::test_tools::assertion_result {
                                                return ::geteuid() == 0;
                                              })) {
  program_run bare(CFGD_PROGRAM, {});
  BOOST_TEST(bare.finish() == EX_USAGE);
  BOOST_TEST(bare.err().find("cfgd --system") != std::string::npos);
  BOOST_TEST(bare.err().find("cfgd --root DIR") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_words_are_answered_in_our_words) {
  struct row {
    char const* program;
    std::vector<std::string> arguments;
    std::string_view said;
  };
  for (auto const& [program, arguments, said] : std::vector<row>{
           {CFGD_PROGRAM,
            {"--config-file", "x"},
            "cfgd: unknown option '--config-file'\nSee 'cfgd --help'.\n"},
           {CFGD_PROGRAM,
            {"--log-levl", "debug"},
            "cfgd: unknown option '--log-levl' (did you mean '--log-level'?)\n"
            "See 'cfgd --help'.\n"},
           {CFGD_PROGRAM,
            {"--log-level", "loud"},
            "cfgd: --log-level: 'loud' is not one of error, warning, notice, info, debug\n"
            "See 'cfgd --help'.\n"},
           {CFGD_PROGRAM,
            {"start"},
            "cfgd: too many arguments: 'start'\nusage: cfgd [OPTIONS]\nSee 'cfgd --help'.\n"},
           {CFGD_PROGRAM,
            {"--system", "--root", "/nowhere"},
            "cfgd: --root and --system cannot be used together\nusage: cfgd [OPTIONS]\n"
            "See 'cfgd --help'.\n"},
           {CFGD_EXPORTER_PROGRAM,
            {"--listen"},
            "cfgd-exporter: --listen needs a value\nusage: cfgd-exporter [OPTIONS]\n"
            "See 'cfgd-exporter --help'.\n"}}) {
    program_run wrong(program, arguments);
    BOOST_TEST(wrong.finish() == EX_USAGE);
    BOOST_TEST(wrong.err() == said);
  }
  program_run help(CFGD_PROGRAM, {"--help"});
  BOOST_TEST(help.finish() == EX_OK);
  BOOST_TEST(help.out().find("--log-level") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_root_that_others_can_write_to_is_refused) {
  running test;
  for (mode_t const mode : {mode_t{0777}, mode_t{0775}, mode_t{01777}}) {
    BOOST_REQUIRE(::chmod(test.root.c_str(), mode) == 0);
    BOOST_TEST(test.daemon.run_to_end() == EX_NOPERM);
    BOOST_TEST(test.daemon.log().find("others can write to it") != std::string::npos);
    BOOST_TEST(!fs::exists(test.root / "state"));
  }
  BOOST_REQUIRE(::chmod(test.root.c_str(), 0755) == 0);
  test.daemon.start();
}

BOOST_AUTO_TEST_CASE(hangups_during_a_reload_are_one_more_reload) {
  running test;
  test.daemon.start();

  for (int number = 0; number < 500; ++number)
    test.daemon.send_signal(SIGHUP);
  test.daemon.connect().reload().value(); // it comes after those that were taken
  auto const log = test.daemon.log();

  std::size_t reloads = 0;
  for (auto at = log.find("reloading settings"); at != std::string::npos;
       at = log.find("reloading settings", at + 1))
    ++reloads;
  BOOST_TEST(reloads >= 2U);
  BOOST_TEST(reloads <= 100U); // two, and what a slow machine needs
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
