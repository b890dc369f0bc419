#include "tests/support/temporary_directory.hpp"
#include "tests/system/machine.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

// A secret on a whole system: it goes in by files and calls, the service crashes, and neither the
// journal nor a file that anybody wrote has a byte of it.

namespace {

namespace fs = std::filesystem;
using namespace cfgd::test;

constexpr std::string_view trace = "c4n4ry";

std::string secret_by(std::string_view way) { return std::string(trace).append("-").append(way); }

struct with_secret : on_machine {
  with_secret() {
    write_file(host.etc("schemas") / "app.json",
               R"({"properties": {"pw": {"type": "string", "x-secret": true, "maxLength": 20},
                                  "n": {"type": "integer"}}})");
    host.save("app.yaml", "pw: " + secret_by("file") + "\n");
  }

  /// By files and calls, good and bad.
  void go_in() const {
    auto connected = host.connect();
    connected.sync().value();
    connected.set({.values = {{"app.pw", secret_by("set")}}}).value();
    connected.set({.values = {{"app.pw", secret_by("again")}}}).value();
    connected.rollback({.revision = 2}).value();
    BOOST_TEST(!connected.set({.values = {{"app.pw", secret_by("rejected, too long")}}}));
    connected
        .set({.values = {{"app.pw", secret_by("pending")}}, .confirm = std::chrono::seconds(600)})
        .value();
    host.save("app.d/1.yaml", "pw: " + secret_by("refused") + "\nn: text\n");
    host.save("app.d/2.yaml", "pw: {" + secret_by("broken") + "\n");
    host.save("unknown.yaml", "{broken: " + secret_by("unknown") + "\n");
    connected.sync().value();
  }
  /// A signal that makes a core dump where the service lets it. Waits for the next start.
  void crash() const {
    ::kill(host.daemon(), SIGXCPU);
    host.wait_for_entry({"UNIT=cfgd.service", "EXIT_CODE=killed"});
  }
  /// How many files of the journal and the state, and core dumps, hold the canary; prints their
  /// names.
  std::size_t count_in_files() const {
    auto const& inside = host.inside();
    std::size_t count = 0;
    for (char const* const folder : {"/var/lib/cfgd", "/var/log/journal", "/run/log/journal",
                                     "/run/cfgd", "/var/lib/systemd/coredump", "/var/tmp"}) {
      auto const place = inside.path(folder);
      if (!fs::exists(place)) continue;
      for (auto const& path : files_below(place)) {
        std::ifstream in(path, std::ios::binary);
        std::string const content{std::istreambuf_iterator<char>(in), {}};
        if (content.find(trace) == std::string::npos) continue;
        std::cerr << path << std::endl;
        ++count;
      }
    }
    return count;
  }
};

} // namespace

// Suites are namespaces: not in the global one.
namespace cases {
BOOST_FIXTURE_TEST_SUITE(secrets, with_secret, *boost::unit_test::precondition(needs_machine()))

BOOST_AUTO_TEST_CASE(neither_the_journal_nor_a_file_nor_a_core_has_a_byte_of_it) {
  go_in();
  crash();
  BOOST_TEST(host.value("app.pw").find(trace) != std::string::npos);

  auto const entries = host.journal({"_SYSTEMD_UNIT=cfgd.service"});
  BOOST_TEST(entries.size() > 5U);
  for (auto const& entry : entries) {
    auto const text = boost::json::serialize(entry);
    BOOST_TEST(text.find(trace) == std::string::npos, text);
  }
  BOOST_TEST(count_in_files() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
