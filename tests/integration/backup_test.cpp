#include "tests/integration/fixture.hpp"
#include "tests/support/program_run.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

// cfgctl backup and restore beside a daemon that does not have the system's directories.

namespace {

namespace fs = std::filesystem;
using namespace cfgd::test;

struct with_values : running {
  fs::path file = directory / "backup.mdb";
  fs::path state = root / "state";

  with_values() {
    save("app.json", R"({"a":1})");
    daemon.start();
    daemon.connect().set({.values = {{"app.n", 7}}}).value();
  }

  program_run cfgctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--socket", daemon.socket().string()});
    return program_run(CFGCTL_PROGRAM, arguments);
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_FIXTURE_TEST_SUITE(backup, with_values)

BOOST_AUTO_TEST_CASE(the_service_names_its_state_directory) {
  BOOST_TEST(status().state_directory.value() == state.string());
}

BOOST_AUTO_TEST_CASE(a_backup_is_of_the_service_that_one_talks_to) {
  auto made = cfgctl({"backup", file, "--json"});
  BOOST_TEST(made.finish() == 0);
  daemon.connect().set({.values = {{"app.n", 8}}}).value();
  auto restored = cfgctl({"restore", file});

  BOOST_TEST(made.out().find("\"state\":\"" + state.string() + '"') != std::string::npos,
             made.out());
  BOOST_TEST(restored.finish() == 0);
  BOOST_TEST(restored.err().find("cfgd runs: only the override layer is restored") !=
             std::string::npos);
  BOOST_TEST(value("app.n") == "7");
}

BOOST_AUTO_TEST_CASE(another_directory_is_refused_with_both_paths) {
  auto const other = directory / "other";
  for (std::vector<std::string> const& named :
       {std::vector<std::string>{"--state", other}, std::vector<std::string>{"--root", other}}) {
    for (char const* const command : {"backup", "restore"}) {
      std::vector<std::string> arguments{command, file};
      arguments.insert(arguments.end(), named.begin(), named.end());
      auto run = cfgctl(arguments);

      BOOST_TEST(run.finish() == 1);
      BOOST_TEST(run.err().find(other.string()) != std::string::npos, run.err());
      BOOST_TEST(run.err().find(": that is " + state.string()) != std::string::npos, run.err());
    }
  }
  BOOST_TEST(!fs::exists(file));
  BOOST_TEST(!fs::exists(other));
}

BOOST_AUTO_TEST_CASE(a_daemon_that_has_stopped_is_known_by_its_socket) {
  auto made = cfgctl({"backup", file});
  BOOST_TEST(made.finish() == 0);
  daemon.stop();

  auto tried = cfgctl({"restore", file, "--dry-run"});
  BOOST_TEST(tried.finish() == 0);
  auto restored = cfgctl({"restore", file, "--json"});

  BOOST_TEST(tried.out().starts_with("would restore revision "), tried.out());
  BOOST_TEST(restored.finish() == 0);
  BOOST_TEST(restored.out().find("\"old\":\"" + state.string() + "/data.old.") != std::string::npos,
             restored.out());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
