#include "tests/integration/fixture.hpp"
#include "tests/support/program_run.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

// cfgctl doctor beside a daemon of --root.

namespace {

using namespace cfgd::test;

/// The lines of examinations that do not depend on the machine, if they are not [ok].
std::string faults_in(std::string const& out) {
  std::istringstream lines(out);
  std::string faults;
  for (std::string line; std::getline(lines, line);) {
    for (char const* const check :
         {"socket", "version", "state", "sources", "units", "files", "store", "group", "clock"}) {
      auto const of_check = "] " + std::string(check) + ": ";
      bool const is_fault = line.starts_with("[warn") || line.starts_with("[fail");
      if (is_fault && line.find(of_check) != line.npos) faults += line + '\n';
    }
  }
  return faults;
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(doctor)

BOOST_AUTO_TEST_CASE(a_trial_has_no_warnings_until_a_file_is_rejected) {
  ::umask(022);
  running test;
  test.save("app.json", R"({"a":1})");
  test.daemon.start();
  std::string const socket = test.daemon.socket();
  auto const relative = std::filesystem::relative(test.root).string();
  std::vector<std::vector<std::string>> const ways{{"doctor", "--socket", socket},
                                                   {"doctor", "--root", relative},
                                                   {"--root", relative, "doctor"}};

  for (auto const& words : ways) {
    program_run run(CFGCTL_PROGRAM, words);
    run.finish();
    BOOST_TEST(faults_in(run.out()) == "", run.out());
  }

  test.save("app.json", "{");
  test.sync();
  for (auto const& words : ways) {
    program_run run(CFGCTL_PROGRAM, words);
    BOOST_TEST(run.finish() == 2);
    BOOST_TEST(faults_in(run.out()).find("app.json:1:") != std::string::npos, run.out());
    BOOST_TEST(run.out().find("[ok]   health: ") == std::string::npos, run.out());
  }
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
