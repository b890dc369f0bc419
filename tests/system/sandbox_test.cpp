#include "tests/support/temporary_directory.hpp"
#include "tests/system/machine.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>
#include <string>

// A small program tries things in a copy of the service's unit that runs it instead of cfgd, and
// without a unit: what the sandbox forbids must be possible where there is none.

namespace {

using namespace cfgd::test;
namespace data = boost::unit_test::data;

using findings = std::map<std::string, std::string>;

std::string const daemon_path = CFGD_PREFIX "/sbin/cfgd";
std::string const probe_path = daemon_path + "-probe";

findings parse(std::string const& output) {
  findings found;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);)
    if (auto const colon = line.rfind(": "); colon != std::string::npos)
      found[line.substr(0, colon)] = line.substr(colon + 2);
  return found;
}

/// The installed unit with the probe wherever it says cfgd's program.
std::string probe_unit(machine& host) {
  std::string text = host.inside().must({"systemctl", "cat", "cfgd.service"});
  for (auto at = text.find(daemon_path); at != std::string::npos;
       at = text.find(daemon_path, at + probe_path.size()))
    text.replace(at, daemon_path.size(), probe_path);
  return text;
}

findings try_in_sandbox(machine& host) {
  auto const& inside = host.inside();
  std::filesystem::copy_file(PROBE_PROGRAM, inside.files() / probe_path.substr(1),
                             std::filesystem::copy_options::overwrite_existing);
  write_file(inside.path("/run/systemd/system/cfgd-probe.service"), probe_unit(host));
  // It says what it has to say and ends.
  write_file(inside.path("/run/systemd/system/cfgd-probe.service.d/once.conf"),
             "[Service]\nType=oneshot\nRestart=no\nExecReload=\nWatchdogSec=0\n");
  inside.must({"systemctl", "daemon-reload"});
  inside.must({"systemctl", "start", "cfgd-probe.service"});
  std::string output;
  for (auto const& entry : host.journal({"_SYSTEMD_UNIT=cfgd-probe.service", "_TRANSPORT=stdout"}))
    output += one_field(entry, "MESSAGE") + '\n';
  return parse(output);
}

std::string finding(findings const& where, std::string const& what) {
  auto const found = where.find(what);
  return found == where.end() ? "not tried" : found->second;
}

/// Both, found once.
struct both {
  findings confined;
  findings free;
};
both const& tried(machine& host) {
  static both const found = [&] {
    both made;
    made.confined = try_in_sandbox(host);
    std::filesystem::create_directories(host.inside().files() / "var/lib/cfgd");
    made.free = parse(host.inside().must({probe_path}));
    return made;
  }();
  return found;
}

constexpr char const* forbidden[] = {
    "write below /etc",
    "write below /etc/cfgd",
    "write below /usr",
    "write below /run",
    "write below /var",
    "read /root",
    "read /home",
    "see other processes",
    "read kernel settings",
    "IPv4",
    "IPv6",
    "netlink",
    "run a program",
    "make code in memory",
    "make a setuid file",
    "a user namespace",
    "mount",
    "become root",
};
constexpr char const* needed[] = {"write the state", "read the sources", "reach the journal"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sandbox, on_machine, *boost::unit_test::precondition(needs_machine()))

BOOST_DATA_TEST_CASE(the_service_cannot, data::make(forbidden), what) {
  std::string const confined = finding(tried(host).confined, what);

  BOOST_TEST_MESSAGE(what << ": " << confined);
  BOOST_TEST(confined != "allowed");
  BOOST_TEST(confined != "not tried");
  BOOST_TEST(finding(tried(host).free, what) == "allowed");
}

BOOST_DATA_TEST_CASE(the_service_can, data::make(needed), what) {
  BOOST_TEST(finding(tried(host).confined, what) == "allowed");
}

BOOST_AUTO_TEST_CASE(the_daemon_itself_is_confined) {
  host.connect().sync().value();

  auto const status = read_file("/proc/" + std::to_string(host.daemon()) + "/status");

  BOOST_TEST(status.find("\nUid:\t0\t") == std::string::npos);
  BOOST_TEST(status.find("\nNoNewPrivs:\t1\n") != std::string::npos);
  BOOST_TEST(status.find("\nSeccomp:\t2\n") != std::string::npos);
  for (auto const* const set : {"CapPrm", "CapEff", "CapBnd", "CapAmb"})
    BOOST_TEST(status.find("\n" + std::string(set) + ":\t0000000000000000\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_units_are_without_complaint_and_score_half_a_point_or_less) {
  auto const& inside = host.inside();

  auto const verified = inside.run({"systemd-analyze", "verify", "--man=no", "cfgd.service",
                                    "cfgd.socket", "cfgd-admin.socket"});
  auto const scored = inside.run(
      {"systemd-analyze", "security", "--offline=true", "--threshold=5", "cfgd.service"});

  BOOST_TEST(verified.code == 0);
  BOOST_TEST(verified.out + verified.err == "");
  BOOST_TEST(scored.code == 0);
  auto const at = scored.out.rfind("Overall exposure level");
  BOOST_TEST_REQUIRE(at != std::string::npos);
  BOOST_TEST_MESSAGE(scored.out.substr(at));
}

BOOST_AUTO_TEST_SUITE_END()
