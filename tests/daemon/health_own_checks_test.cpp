#include "core/unique_fd.hpp"
#include "daemon/health/own_checks.hpp"
#include "tests/support/temporary_directory.hpp"
#include "watchers/read_source.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <ostream>
#include <string>
#include <vector>

namespace {

using namespace cfgd;
using namespace cfgd::health;
using namespace std::chrono_literals;
using test::write_file;

limits const bounds;
constexpr pace general{.interval = 30s, .limit = 5s};

result<std::vector<own_check>> read(std::string const& text) {
  auto const document = watchers::read_source(format::toml, text, bounds);
  return read_checks(document.value(), "/etc/x.toml", general, bounds);
}

struct fault {
  std::string text;
  std::string expected;
};
std::ostream& operator<<(std::ostream& out, fault const& what) { return out << what.expected; }

std::vector<fault> const faults{
    {"[[check]]\nname = \"a\"\nkind = \"file\"\npath = \"/x\"\nsize = 1\n",
     "/etc/x.toml:5:1: 'size' is not a setting of a check"},
    {"[[check]]\nkind = \"file\"\npath = \"/x\"\n",
     "/etc/x.toml:1:1: a check must have a name of a-z, 0-9, _ and -, with a letter first"},
    {"[[check]]\nname = \"A b\"\nkind = \"file\"\n",
     "/etc/x.toml:2:1: 'name' must have a name of a-z, 0-9, _ and -, with a letter first"},
    {"[[check]]\nname = \"a\"\nkind = \"exec\"\n",
     "/etc/x.toml:3:1: 'kind' must have a kind: \"rule\", \"socket\" or \"file\""},
    {"[[check]]\nname = \"a\"\nkind = \"file\"\npath = \"x\"\n",
     "/etc/x.toml:4:1: 'path' must be absolute"},
    {"[[check]]\nname = \"a\"\nkind = \"file\"\n",
     "/etc/x.toml:1:1: a check of kind file must have a 'path'"},
    {"[[check]]\nname = \"a\"\nkind = \"file\"\npath = \"/x\"\nyounger_than_s = 0\n",
     "/etc/x.toml:5:1: 'younger_than_s' must be between 1 and 1000000000"},
    {"[[check]]\nname = \"a\"\nkind = \"file\"\npath = \"/x\"\ncheck = \"true\"\n",
     "/etc/x.toml:5:1: 'check' is nothing that a check of kind file has"},
    {"[[check]]\nname = \"a\"\nkind = \"rule\"\n",
     "/etc/x.toml:1:1: a check of kind rule must have a 'check', a Lua expression"},
    {"[[check]]\nname = \"a\"\nkind = \"rule\"\ncheck = \"(\"\n",
     "'check' is not a valid Lua expression"},
    {"[[check]]\nname = \"a\"\nkind = \"socket\"\n",
     "a check of kind socket must have either a 'path' or an 'address'"},
    {"[[check]]\nname = \"a\"\nkind = \"socket\"\npath = \"/x\"\naddress = \"127.0.0.1:1\"\n",
     "a check of kind socket must have either a 'path' or an 'address'"},
    {"[[check]]\nname = \"a\"\nkind = \"socket\"\naddress = \"192.0.2.1:80\"\n",
     "'address' must be one of this machine, as \"127.0.0.1:80\" or \"[::1]:80\""},
    {"[[check]]\nname = \"a\"\nkind = \"socket\"\naddress = \"127.0.0.1:0\"\n",
     "'address' must be one of this machine"},
    {"[[check]]\nname = \"a\"\nkind = \"socket\"\naddress = \"[::2]:80\"\n",
     "'address' must be one of this machine"},
    {"[[check]]\nname = \"a\"\nkind = \"file\"\npath = \"/x\"\nseverity = \"bad\"\n",
     "'severity' must be \"warning\" or \"critical\""},
    {"[[check]]\nname = \"a\"\nkind = \"file\"\npath = \"/x\"\ninterval_ms = 1\n",
     "'interval_ms' must be between 1000 and 86400000"},
    {"[[check]]\nname = \"a\"\nkind = \"file\"\npath = \"/x\"\n[[check]]\nname = \"a\"\nkind = "
     "\"file\"\npath = \"/y\"\n",
     "/etc/x.toml:6:1: there is another check named 'a'"},
    {"x = 1\n", "/etc/x.toml:1:1: there is nothing but [[check]] in a file of checks"},
    {"check = 1\n", "there is nothing but [[check]] in a file of checks"},
    {"check = [1]\n", "a check must be a table"},
};

std::string file_check(std::string const& name, std::string const& path = "/") {
  return "[[check]]\nname = \"" + name + "\"\nkind = \"file\"\npath = \"" + path + "\"\n";
}

/// Directories of checks.
struct directories {
  test::temporary_directory directory;
  std::filesystem::path vendor = directory / "vendor";
  std::filesystem::path admin = directory / "admin";
  check_files found() { return read_check_files({vendor, admin}, ::geteuid(), general, bounds); }
  /// "a b", and the faults by name.
  std::string names(own_checks::is_effective const& in) {
    std::string out;
    for (auto const& one : in.checks)
      out.append(out.empty() ? "" : " ").append(one.name);
    return out;
  }
};

/// A socket that listens.
template <class Address>
unique_fd listen_at(Address address, int backlog) {
  unique_fd fd(
      ::socket(reinterpret_cast<sockaddr*>(&address)->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  BOOST_REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(::listen(fd.get(), backlog) == 0);
  return fd;
}

sockaddr_un unix_address(std::string const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_own_checks)

BOOST_AUTO_TEST_CASE(checks_of_each_kind_are_read) {
  auto const all = read(R"([[check]]
name = "limit"
kind = "rule"
check = "site.limit > 5"
severity = "warning"
message = "the limit is low"
[[check]]
name = "database"
kind = "socket"
path = "/run/db.sock"
interval_ms = 2000
timeout_ms = 100
[[check]]
name = "web"
kind = "socket"
address = "127.0.0.1:8080"
[[check]]
name = "six"
kind = "socket"
address = "[::1]:443"
[[check]]
name = "backup"
kind = "file"
path = "/var/backup/last"
younger_than_s = 86400
)")
                       .value();

  BOOST_REQUIRE(all.size() == 5U);
  BOOST_TEST((all[0].severity == state::warning));
  BOOST_TEST(all[0].message == "the limit is low");
  BOOST_TEST(std::get<own_check::rule>(all[0].what).what.check == "site.limit > 5");
  BOOST_TEST((all[0].how == general));
  BOOST_TEST((all[1].how == pace{.interval = 2s, .limit = 100ms}));
  BOOST_TEST((all[1].severity == state::critical));
  BOOST_TEST((std::get<own_check::socket>(all[1].what).path == "/run/db.sock"));
  BOOST_TEST((std::get<own_check::socket>(all[2].what) ==
              own_check::socket{.address = "127.0.0.1", .port = 8080}));
  BOOST_TEST((std::get<own_check::socket>(all[3].what) ==
              own_check::socket{.address = "::1", .port = 443}));
  BOOST_TEST(
      (std::get<own_check::file>(all[4].what) == own_check::file{"/var/backup/last", 86400s}));
}

BOOST_DATA_TEST_CASE(faults_are_reported_with_their_place, faults, one) {
  auto const why = read(one.text);

  BOOST_REQUIRE(!why);
  auto const text = to_string(why.error());
  BOOST_TEST(text.find(one.expected) != std::string::npos, text);
}

BOOST_FIXTURE_TEST_CASE(an_admins_file_goes_before_the_vendors, directories) {
  write_file(vendor / "a.toml", file_check("vendor-a"));
  write_file(vendor / "b.toml", file_check("vendor-b"));
  write_file(admin / "a.toml", file_check("admin-a"));
  write_file(admin / "a.toml~", "[");
  write_file(admin / "notes.txt", "[");

  own_checks all;
  auto const in = all.take(found());

  BOOST_TEST(names(in) == "admin-a vendor-b");
  BOOST_TEST(in.faults.empty());
}

BOOST_FIXTURE_TEST_CASE(no_directory_is_no_check, directories) {
  own_checks all;

  BOOST_TEST(all.take(found()).checks.empty());
}

BOOST_FIXTURE_TEST_CASE(a_faulty_file_keeps_its_last_good_checks, directories) {
  own_checks all;
  write_file(admin / "a.toml", file_check("first"));
  BOOST_TEST(names(all.take(found())) == "first");

  write_file(admin / "a.toml", "[[check]]\nname = \n");
  for (int n = 0; n < 2; ++n) {
    auto const in = all.take(found());
    BOOST_TEST(names(in) == "first");
    BOOST_REQUIRE(in.faults.size() == 1U);
    BOOST_TEST(in.faults.begin()->first == "checks/a.toml");
    BOOST_TEST(
        to_string(in.faults.begin()->second).starts_with((admin / "a.toml").string() + ":2:"));
  }

  std::filesystem::remove(admin / "a.toml");
  auto const in = all.take(found());
  BOOST_TEST(in.checks.empty());
  BOOST_TEST(in.faults.empty());
}

BOOST_FIXTURE_TEST_CASE(a_file_that_others_may_write_is_not_believed, directories) {
  write_file(admin / "a.toml", file_check("first"));
  ::chmod((admin / "a.toml").c_str(), 0666);

  own_checks all;
  auto const in = all.take(found());

  BOOST_TEST(in.checks.empty());
  BOOST_REQUIRE(in.faults.size() == 1U);
  BOOST_TEST((in.faults.begin()->second.code == errc::untrusted));
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_others_may_write_is_not_believed, directories) {
  write_file(admin / "a.toml", file_check("first"));
  ::chmod(admin.c_str(), 0777);

  own_checks all;
  auto const in = all.take(found());

  BOOST_TEST(in.checks.empty());
  BOOST_TEST(in.faults.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_taken_is_a_fault_of_the_later_file, directories) {
  write_file(admin / "a.toml", file_check("one"));
  write_file(admin / "b.toml", file_check("two") + file_check("one"));
  write_file(admin / "c.toml", file_check("store"));

  own_checks all;
  auto const in = all.take(found());

  BOOST_TEST(names(in) == "one two");
  BOOST_TEST(in.faults.size() == 2U);
  BOOST_TEST(in.faults.at("checks/c.toml").message == "there is another check named 'store'");
}

BOOST_FIXTURE_TEST_CASE(there_is_an_end_to_their_number, directories) {
  std::string text;
  for (std::size_t n = 0; n < own_checks::most + 1; ++n)
    text += file_check("c" + std::to_string(n));
  write_file(admin / "a.toml", text);

  own_checks all;
  auto const in = all.take(found());

  BOOST_TEST(in.checks.size() == own_checks::most);
  BOOST_TEST((in.faults.at("checks/a.toml").code == errc::limit));
}

BOOST_AUTO_TEST_CASE(a_unix_socket_must_accept) {
  test::temporary_directory const directory;
  auto const path = (directory / "s").string();
  BOOST_TEST((try_socket({.path = path}, 5s).what == state::critical));

  {
    auto const listens = listen_at(unix_address(path), 5);
    BOOST_TEST((try_socket({.path = path}, 5s).what == state::healthy));
  }

  auto const found = try_socket({.path = path}, 5s);
  BOOST_TEST((found.what == state::critical));
  BOOST_TEST(found.message == "cannot connect to '" + path + "': Connection refused");
}

BOOST_AUTO_TEST_CASE(one_that_listens_and_never_accepts_is_found_within_the_time) {
  test::temporary_directory const directory;
  auto const path = (directory / "s").string();
  auto const listens = listen_at(unix_address(path), 0);

  // Connections that wait fill the backlog.
  std::vector<unique_fd> waiting;
  auto const address = unix_address(path);
  for (int n = 0; n < 10; ++n) {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(waiting.back().get(), reinterpret_cast<sockaddr const*>(&address),
                  sizeof address) != 0)
      break;
  }
  auto const found = try_socket({.path = path}, 50ms);

  BOOST_TEST((found.what == state::critical));
  BOOST_TEST(found.message == "'" + path + "' does not accept within 50 ms");
}

BOOST_AUTO_TEST_CASE(a_socket_of_the_loopback_must_accept) {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  own_check::socket which{.address = "127.0.0.1"};
  {
    auto const listens = listen_at(any, 5);
    socklen_t length = sizeof any;
    ::getsockname(listens.get(), reinterpret_cast<sockaddr*>(&any), &length);
    which.port = ntohs(any.sin_port);
    BOOST_TEST((try_socket(which, 5s).what == state::healthy));
  }

  BOOST_TEST((try_socket(which, 5s).what == state::critical));
}

BOOST_AUTO_TEST_CASE(a_file_must_be_there_and_young) {
  test::temporary_directory const directory;
  own_check::file const which{.path = (directory / "f").string(), .younger_than = 60s};
  auto const now = [] { return wall_now(); };
  BOOST_TEST((look_at_file(which, now()).what == state::critical));

  write_file(directory / "f", "x");

  BOOST_TEST((look_at_file(which, now()).what == state::healthy));
  BOOST_TEST((look_at_file(which, now() + 59s).what == state::healthy));
  auto const old = look_at_file(which, now() + 90s);
  BOOST_TEST((old.what == state::critical));
  BOOST_TEST(old.message.ends_with("old, more than 60 s"));
  BOOST_TEST((look_at_file({which.path, {}}, now() + 90s).what == state::healthy));
}

BOOST_AUTO_TEST_CASE(verdicts_of_rules_are_findings) {
  using enum rules::verdict::kind;
  BOOST_TEST((evaluate_rule({.what = holds}, state::warning).what == state::healthy));
  BOOST_TEST((evaluate_rule({.what = fails}, state::warning).what == state::warning));
  BOOST_TEST(
      (evaluate_rule({.what = broken, .message = "why"}, state::critical).what == state::critical));
  BOOST_TEST((evaluate_rule({.what = unknown, .message = "site"}, state::critical).what ==
              state::unknown));
}

BOOST_AUTO_TEST_CASE(a_failure_has_the_severity_and_message_of_its_check) {
  own_check const by{.name = "a", .severity = state::warning, .message = "call Ada"};

  auto const failed = as_reported({.what = state::critical, .message = "gone"}, by);
  BOOST_TEST((failed.what == state::warning));
  BOOST_TEST(failed.message == "call Ada");
  BOOST_TEST(failed.details.at("reason").as_string() == "gone");
  BOOST_TEST((as_reported({.what = state::healthy}, by).what == state::healthy));
}

BOOST_FIXTURE_TEST_CASE(a_link_to_dev_null_masks_the_file_of_a_package, directories) {
  test::write_file(vendor / "a.toml", "not TOML");
  test::write_file(vendor / "b.toml", "not TOML");
  std::filesystem::create_directories(admin);
  std::filesystem::create_symlink("/dev/null", admin / "a.toml");

  auto const all = found();

  BOOST_TEST(all.size() == 1U);
  BOOST_TEST(all.contains("b.toml"));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
