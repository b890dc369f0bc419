#include "tests/support/reading.hpp"

#include <boost/test/unit_test.hpp>

// Files as projects have them (setup.cfg, .gitconfig, php.ini, .env files of shells and of docker,
// file modes in YAML): what each of them must mean.

namespace {

using namespace cfgd;
using test::read;

constexpr std::string_view setup_ini = R"([options]
install_requires =
    requests>=2
    click
name = demo
)";

constexpr std::string_view git_ini = R"([core]
    editor = vim
[remote "origin.example"]
    url = git@host.example:repo.git
[branch "main"]
    merge = refs/heads/main
)";

constexpr std::string_view php_ini = R"([PHP]
error_log = "/var/log/php.log" ; where errors go
date.timezone: Europe/Berlin
sep: a=b
)";

constexpr std::string_view big_env = R"(export ACCOUNT=12345678901234567890
VER=1.10
ZIP=00123
)";

constexpr std::string_view site_env = R"(# comment
export NAME="Harbour Books"   # inline comment
MULTI="line one
line two"
DOLLAR='a$b'
EMPTY=
HASH=a#b
)";

constexpr std::string_view modes_yaml = R"(mode: 0755
on: yes
port: 22:22
date: 2024-01-02
nothing: ~
list: [1, null, 2]
)";

constexpr std::string_view edge_yaml = R"(int: 42
big: 9223372036854775807
float: 1e3
date: 2024-01-02
sexagesimal: 12:30
octal11: 0755
octal12: 0o755
norway: no
quoted: "no"
tilde: ~
arr: [1, null, 2]
)";

constexpr std::string_view daemon_json = R"({ // docker's daemon.json, with a comment by hand
  "log-driver": "journald" }
)";

} // namespace

BOOST_AUTO_TEST_SUITE(read_cases)

BOOST_AUTO_TEST_CASE(indented_lines_of_setup_cfg_continue_the_value) {
  BOOST_CHECK_EQUAL(read(format::ini, setup_ini),
                    R"({"options":{"install_requires":"requests>=2\nclick","name":"demo"}})");
}

BOOST_AUTO_TEST_CASE(sections_of_git_have_two_parts) {
  BOOST_CHECK_EQUAL(read(format::ini, git_ini),
                    R"({"core":{"editor":"vim"},)"
                    R"("remote":{"origin.example":{"url":"git@host.example:repo.git"}},)"
                    R"("branch":{"main":{"merge":"refs/heads/main"}}})");
  BOOST_CHECK_EQUAL(read(format::ini, "[url \"git@h.example:\"]\ninsteadOf = gh\n"),
                    R"({"url":{"git@h.example:":{"insteadOf":"gh"}}})");
}

BOOST_AUTO_TEST_CASE(php_ini_has_quotes_comments_colons_and_dots_in_keys) {
  BOOST_CHECK_EQUAL(
      read(format::ini, php_ini),
      R"({"PHP":{"error_log":"/var/log/php.log","date.timezone":"Europe/Berlin","sep":"a=b"}})");
  BOOST_CHECK_EQUAL(read(format::ini, "cmd: --opt=1\n"), R"({"cmd":"--opt=1"})");
}

BOOST_AUTO_TEST_CASE(tokens_that_numbers_do_not_give_back_stay_text) {
  BOOST_CHECK_EQUAL(read(format::env, big_env),
                    R"({"account":"12345678901234567890","ver":"1.10","zip":"00123"})");
}

BOOST_AUTO_TEST_CASE(env_files_of_shells_are_read) {
  BOOST_CHECK_EQUAL(read(format::env, site_env),
                    R"({"name":"Harbour Books","multi":"line one\nline two","dollar":"a$b",)"
                    R"("empty":"","hash":"a#b"})");
}

BOOST_AUTO_TEST_CASE(yaml_has_the_core_schema_and_null_in_lists) {
  BOOST_CHECK_EQUAL(read(format::yaml, modes_yaml),
                    R"({"mode":755,"on":"yes","port":"22:22","date":"2024-01-02","nothing":null,)"
                    R"("list":[1,null,2]})");
  BOOST_CHECK_EQUAL(read(format::yaml, edge_yaml),
                    R"({"int":42,"big":9223372036854775807,"float":1000.0,"date":"2024-01-02",)"
                    R"("sexagesimal":"12:30","octal11":755,"octal12":493,"norway":"no",)"
                    R"("quoted":"no","tilde":null,"arr":[1,null,2]})");
}

BOOST_AUTO_TEST_CASE(integers_beyond_int64_have_one_error_in_typed_formats) {
  constexpr std::string_view why =
      "the integer is out of the range of int64; quote it to keep it as text";
  BOOST_CHECK_EQUAL(read(format::yaml, "n: 9223372036854775808\n"), "1:4 " + std::string(why));
  BOOST_CHECK_EQUAL(read(format::toml, "port = 9223372036854775808"), "1:8 " + std::string(why));
  BOOST_CHECK_EQUAL(read(format::json, R"({"n": 9223372036854775808})"), "1:7 " + std::string(why));
}

BOOST_AUTO_TEST_CASE(json_with_comments_gets_the_right_name) {
  BOOST_CHECK_EQUAL(
      read(format::json, daemon_json),
      "1:3 comments are allowed in .jsonc files only; rename the file or remove the comment");
}

BOOST_AUTO_TEST_SUITE_END()
