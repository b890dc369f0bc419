#include "daemon/settings.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct bad_file {
  char const* text;
  char const* expected;
};

std::ostream& operator<<(std::ostream& out, bad_file const& which) { return out << which.text; }

std::vector<bad_file> const bad_files{
    {"[watch]\nquiet = 3\n",
     "f:2:1: unknown setting 'quiet' in [watch], which has: quiet_ms, late_ms, grace_ms, "
     "empty_ms, sweep_ms, poll_ms"},
    {"[watch]\nquiet_ms = \"3\"\n", "f:2:12: quiet_ms must be an integer"},
    {"[watch]\nquiet_ms = -1\n", "f:2:12: quiet_ms must be between 0 and 3600000"},
    {"\n[wach]\n", "f:2:2: unknown table 'wach'"},
    {"watch = 1\n", "f:1:9: 'watch' must be a table"},
    {"[files]\ntrusted_groups = \"root\"\n",
     "f:2:18: trusted_groups must be an array of names of groups"},
    {"[files]\ntrusted_groups = [\"root\", \"no such group\"]\n",
     "f:2:18: trusted_groups has 'no such group', which is not a group"},
    {"[files]\nlink_roots = [\"srv\"]\n",
     "f:2:14: link_roots must be an array of absolute paths of directories"},
    {"[log]\nlevel = \"loud\"\n",
     R"(f:2:9: level must be "error", "warning", "notice", "info" or "debug")"},
    {"[log]\nfilters = \"debug\"\n", R"(f:2:11: filters must be a table, as { ipc = "debug" })"},
    {"[log]\nfilters = { ipd = \"debug\" }\n",
     "f:2:11: filters has 'ipd', which is not one of core, store, watchers, ipc, daemon"},
    {"[log]\nfilters = { ipc = 7 }\n",
     R"(f:2:11: filters.ipc must be "error", "warning", "notice", "info" or "debug")"},
    {"[socket]\nmode = \"0777\"\n",
     R"(f:2:8: mode must be a string of octal digits, "0666" at most)"},
    {"[socket]\nmode = 438\n", R"(f:2:8: mode must be a string of octal digits, "0666" at most)"},
    {"[access]\ngroup = 4\n",
     "f:2:9: group must be a string, the name of a group; empty: no group"},
    {"[metrics]\ntextfile = \"cfgd.prom\"\n",
     "f:2:12: textfile must be a string, the absolute path of a file; empty: none"},
    {"[metrics]\ntextfile = \"/run/\"\n",
     "f:2:12: textfile must be a string, the absolute path of a file; empty: none"},
    {"[metrics]\ninterval_ms = 10\n", "f:2:15: interval_ms must be between 1000 and 3600000"},
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(an_empty_file_means_the_defaults) {
  BOOST_TEST((cfgd::parse_settings("", "f").value() == cfgd::settings{}));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_means_the_defaults) {
  cfgd::test::temporary_directory const directory;

  BOOST_TEST((cfgd::read_settings(directory / "cfgd.toml").value() == cfgd::settings{}));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_asked_for_must_be_there) {
  cfgd::test::temporary_directory const directory;
  auto const path = directory / "cfgd.toml";

  auto const read = cfgd::read_settings(path, true);

  BOOST_REQUIRE(!read);
  BOOST_TEST(to_string(read.error()) == path.string() + ": No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_too_long_is_an_error) {
  cfgd::test::temporary_directory const directory;
  auto const path = directory / "cfgd.toml";
  cfgd::test::write_file(path, "[watch]\nquiet_ms = 7\n");
  std::filesystem::resize_file(path, 16 * 1024 * 1024 + 1);

  auto const read = cfgd::read_settings(path);

  BOOST_REQUIRE(!read);
  BOOST_TEST((read.error().code == cfgd::errc::parse));
  BOOST_TEST(read.error().message == "it is larger than 16777216 bytes");
  BOOST_TEST(read.error().subject == path.string());
}

BOOST_AUTO_TEST_CASE(every_setting_is_taken) {
  auto const read = cfgd::parse_settings(R"(
[watch]
quiet_ms = 0
late_ms = 600
grace_ms = 7
empty_ms = 8
sweep_ms = 8000
poll_ms = 900
[store]
maximum_bytes = 2097152
history_revisions = 10
history_hours = 48
history_bytes = 2097152
[cache]
maximum_bytes = 1048576
[files]
trusted_groups = ["root"]
link_roots = ["/srv/config/", "/etc/../opt"]
[log]
level = "debug"
filters = { ipc = "error" }
[socket]
mode = "0600"
[access]
group = "wheel"
[metrics]
textfile = "/run/cfgd.prom"
interval_ms = 1000
)",
                                         "f")
                        .value();

  BOOST_TEST((read.quiet == 0ms && read.late == 600ms && read.grace == 7ms));
  BOOST_TEST((read.emptied == 8ms));
  BOOST_TEST((read.sweep == 8s && read.poll == 900ms));
  BOOST_TEST(read.bounds.store_bytes == 2'097'152U);
  BOOST_TEST(read.bounds.history_revisions == 10U);
  BOOST_TEST((read.bounds.history_age == 48h));
  BOOST_TEST(read.bounds.history_bytes == 2U * 1024 * 1024);
  BOOST_TEST(read.bounds.cache_bytes == 1'048'576U);
  BOOST_TEST((read.trusted_groups == std::vector<gid_t>{0}));
  BOOST_TEST((read.link_roots == std::vector<std::string>{"/srv/config", "/opt"}));
  BOOST_TEST((read.log_level == cfgd::log::level::debug));
  BOOST_TEST((read.log_filters == cfgd::log::filters{{"ipc", cfgd::log::level::error}}));
  BOOST_TEST(read.socket_mode == 0600U);
  BOOST_TEST(read.admin_group == "wheel");
  BOOST_TEST(read.metrics_textfile == "/run/cfgd.prom");
  BOOST_TEST((read.metrics_interval == std::chrono::seconds(1)));
}

BOOST_DATA_TEST_CASE(a_fault_is_reported_with_file_line_and_column,
                     boost::unit_test::data::make(bad_files)) {
  auto const read = cfgd::parse_settings(sample.text, "f");

  BOOST_REQUIRE(!read);
  BOOST_TEST(to_string(read.error()) == sample.expected);
}

BOOST_AUTO_TEST_CASE(broken_toml_is_reported_with_its_place) {
  auto const read = cfgd::parse_settings("[watch]\nquiet_ms = = 3\n", "f");

  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().where.line == 2U);
  BOOST_TEST(read.error().subject == "f");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_an_error) {
  cfgd::test::temporary_directory const directory;

  auto const read = cfgd::read_settings(directory.path());

  BOOST_REQUIRE(!read);
  BOOST_TEST((read.error().code == cfgd::errc::io));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
