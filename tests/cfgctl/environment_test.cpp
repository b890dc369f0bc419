#include "cfgctl/commands/environment.hpp"
#include "tests/support/program_run.hpp"

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace cfgd::cfgctl;

/// The lines, or the error.
std::string text_of(boost::json::object const& values, variable_names const& names = {}) {
  auto const found = variables_of(values, names);
  return found ? environment_text(*found) : to_string(found.error());
}

/// What a shell has in $NAME after `eval` of the text.
std::string evaluated(std::string const& text, std::string const& name) {
  cfgd::test::program_run shell(
      "/bin/sh", {"-c", R"(eval "$1"; eval "printf '%s|' \"\$$2\"")", "sh", text, name});
  BOOST_TEST(shell.finish() == 0);
  BOOST_TEST(shell.err() == "");
  return shell.out();
}

} // namespace

BOOST_AUTO_TEST_SUITE(environment)

BOOST_AUTO_TEST_CASE(names_are_made_of_the_parts_below_what_was_asked_for) {
  boost::json::object const values{{"site",
                                    {{"title", "x y"},
                                     {"max-size", 5},
                                     {"db", {{"host", "h"}, {"none", boost::json::array{}}}}}},
                                   {"theme.color", "red"}};

  BOOST_TEST(text_of(values) ==
             "TITLE=\"x y\"\nMAX_SIZE=5\nDB_HOST=h\nDB_NONE=\"[]\"\nCOLOR=red\n");
  BOOST_TEST(text_of({{"theme.color", "red"}}, {.prefix = "app_"}) == "app_COLOR=red\n");
  BOOST_TEST(text_of({{"a.b[0].c", "x"}, {"a.b-c", "it's $5"}},
                     {.separator = "__", .from = variable_names::start::key}) ==
             "A__B__0__C=x\nA__B_C=\"it's \\$5\"\n");
}

BOOST_AUTO_TEST_CASE(two_keys_of_one_name_are_refused) {
  BOOST_TEST(text_of({{"a", {{"b_c", 1}, {"b", {{"c", 2}}}}}}) ==
             "a.b.c: its variable B_C is also that of a.b_c");
  BOOST_TEST(text_of({{"a", {{"x", 1}}}, {"b", {{"x", 2}}}}) ==
             "b.x: its variable X is also that of a.x");
  BOOST_TEST(text_of({{"a", {{"x", 1}}}, {"a.x", 1}}) == "X=1\n");
}

BOOST_AUTO_TEST_CASE(what_no_variable_can_be_is_refused) {
  BOOST_TEST(text_of({{"a", {{"404", "x"}}}}) ==
             "a.404: '404' cannot be the name of a variable; use --prefix");
  BOOST_TEST(text_of({{"a", {{"404", "x"}}}}, {.prefix = "E"}) == "E404=x\n");
  BOOST_TEST(text_of({{"a", {{"bell", "\a"}}}}) ==
             "a.bell: a variable cannot have control characters");
}

BOOST_AUTO_TEST_CASE(a_shell_reads_exactly_the_text) {
  for (std::string const text :
       {"", "plain", "two words", "$HOME", "`id`", "$(id)", "a\\b", "\\", "it's", "\"quoted\"",
        "line\nbreak", "tab\there", "; rm x", "a#b", "~", "*", "!x", "é", "\\\"$`'\n\\n"})
    BOOST_TEST(evaluated(text_of({{"a", {{"x", text}}}}), "X") == text + '|');
  boost::json::object const list{{"a", {{"x", boost::json::array{1, "a b"}}}}};
  BOOST_TEST(evaluated(text_of(list), "X") == "[1,\"a b\"]|");
}

BOOST_AUTO_TEST_SUITE_END()
