#include "cfgctl/offline/adoption.hpp"
#include "core/json.hpp"
#include "tests/support/program_run.hpp"
#include "tests/support/temporary_directory.hpp"
#include "watchers/read_source.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

namespace {

using cfgd::format;
using cfgd::cfgctl::offline::adopt_text;
using cfgd::test::read_file;
using cfgd::test::write_file;

constexpr auto php_ini = R"([PHP]
; Language options
engine = On
short_open_tag=Off
precision = 14
memory_limit = 128M
error_reporting = E_ALL & ~E_DEPRECATED & ~E_STRICT
disable_functions =
include_path = ".:/usr/share/php"

[Date]
date.timezone = "Europe/Berlin"

[mail function]
SMTP = localhost
smtp_port = 25
)";

constexpr auto prometheus_yml = R"(# my global config
global:
  scrape_interval: 15s # Default is every 1 minute.
  external_labels:
    monitor: 'example'

rule_files:
  - "rules/*.yml"

scrape_configs:
  # The job name is added as a label to any time series.
  - job_name: node
    static_configs:
      - targets: ['localhost:9100', "db:9100"]
        labels: {env: "no"}
)";

constexpr auto dot_env = R"(# Settings of the shop
APP_ENV=production
export APP_PORT=8080
APP_DEBUG=false
DB__URL='postgres://shop@db/shop?sslmode=off'
MAIL_FROM="The Shop <shop@example.org>"
)";

struct sample {
  std::string name;
  format kind;
  std::string text;
  std::vector<std::string> respelled;
};

sample const samples[] = {
    {"php.ini",
     format::ini,
     php_ini,
     {R"(include_path = ".:/usr/share/php")", R"(date.timezone = "Europe/Berlin")"}},
    {"prometheus.yml", format::yaml, prometheus_yml, {}},
    {"app.env",
     format::env,
     dot_env,
     {"export APP_PORT = 8080", "DB__URL = 'postgres://shop@db/shop?sslmode=off'"}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(adoption)

BOOST_AUTO_TEST_CASE(files_of_other_programs_are_rendered_with_the_same_values) {
  for (auto const& one : samples) {
    auto const made = adopt_text(one.kind, one.text);

    BOOST_REQUIRE_MESSAGE(made, one.name << ": " << made.error());
    auto const again = cfgd::watchers::read_source(one.kind, made->rendered, {});
    BOOST_REQUIRE(again);
    BOOST_TEST(again->root == made->values, one.name);
    BOOST_TEST(made->text == one.text);
    BOOST_TEST(made->respelled == one.respelled, boost::test_tools::per_element());
  }
  BOOST_TEST(
      adopt_text(format::ini, php_ini)
          ->rendered.starts_with(
              "[PHP]\nengine = On\nshort_open_tag = Off\nprecision = 14\nmemory_limit = 128M\n"));
  BOOST_TEST(adopt_text(format::env, dot_env)->rendered ==
             "APP_ENV=production\nAPP_PORT=8080\nAPP_DEBUG=false\n"
             "DB__URL=\"postgres://shop@db/shop?sslmode=off\"\n"
             "MAIL_FROM=\"The Shop <shop@example.org>\"\n");
}

BOOST_AUTO_TEST_CASE(what_values_cannot_have_is_an_error_with_its_place) {
  auto const why = [](format kind, std::string_view text) {
    return to_string(adopt_text(kind, text).error());
  };

  BOOST_TEST(why(format::ini, "[a]\nx = 1\nx = 2\n").find("3:1: duplicate key 'x'") !=
             std::string::npos);
  BOOST_TEST(why(format::ini, "[mysqld]\nskip-networking\n").find("2:1: expected") !=
             std::string::npos);
  BOOST_TEST(why(format::env, "NAMES=[\"x\"]\n").find("names: a variable cannot have an array") !=
             std::string::npos);
  BOOST_TEST(why(format::yaml, "a:\n  b:\n").find("/a/b is empty (null)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_written_in_another_form_is_named) {
  BOOST_TEST(adopt_text(format::toml, "when = 2026-11-28\nname = \"2026-11-28x\"\n")->respelled ==
                 std::vector<std::string>{"2026-11-28: a date, which becomes a string"},
             boost::test_tools::per_element());
  BOOST_TEST(adopt_text(format::env, "port=1\nB=2\n")->respelled ==
                 std::vector<std::string>{"port = 1"},
             boost::test_tools::per_element());
  // A section that occurs twice, comments and order are layout.
  BOOST_TEST(adopt_text(format::ini, "; c\n[a]\nx=1\n[b]\ny=2\n[a]\nz=3\n")->respelled.empty());
  BOOST_TEST(adopt_text(format::yaml, "a: yes\n")->notes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(adopt_writes_the_values_a_schema_and_a_target) {
  cfgd::test::temporary_directory const directory;
  std::filesystem::path const etc = directory.path() / "root" / "etc";
  std::string const file = directory / "app.env";
  write_file(file, dot_env);
  ::chmod(file.c_str(), 0644);
  auto const adopt = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"--root", directory / "root", "adopt", file, "--as", "shop"});
    cfgd::test::program_run run(CFGCTL_PROGRAM, options, {"PATH=/usr/bin:/bin"});
    int const code = run.finish();
    return std::to_string(code) + '\n' + run.out() + run.err();
  };

  auto const planned = adopt({"--dry-run"});
  BOOST_TEST(planned.starts_with("0\nwould write "));
  BOOST_TEST(!std::filesystem::exists(etc));
  auto const done = adopt({});

  BOOST_TEST(done.starts_with("0\nwrote "), done);
  BOOST_TEST(done.find("\n-# Settings of the shop\n") != std::string::npos, done);
  BOOST_TEST(read_file(etc / "namespaces" / "shop.env") == dot_env);
  auto const schema = cfgd::json::parse(read_file(etc / "schemas" / "shop.json")).value();
  BOOST_TEST(schema.at("properties").at("app_port").at("type") == "integer");
  auto const target = read_file(etc / "targets" / "shop.toml");
  BOOST_TEST(target.find("path = \"" + file + "\"\nformat = \"env\"\nkey = \"shop\"\n") !=
             std::string::npos);
  auto const again = adopt({});
  BOOST_TEST(again.starts_with("1\n"));
  BOOST_TEST(again.find("exists") != std::string::npos);
  std::filesystem::remove(etc / "targets" / "shop.toml");
  BOOST_TEST(adopt({"--merge"}).starts_with("0\n"));
  BOOST_TEST(read_file(etc / "namespaces" / "shop.d" / "50-adopted.env") == dot_env);
}

BOOST_AUTO_TEST_SUITE_END()
