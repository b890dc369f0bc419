#include "engine/rules/rules.hpp"
#include "tests/support/rule_world.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace {

using namespace cfgd;

/// A list of expressions, and the texts of what they give.
struct example {
  std::string expressions;
  std::string given;
};

std::ostream& operator<<(std::ostream& out, example const& what) { return out << what.expressions; }

std::vector<example> const regex_examples{
    {"matches('shop.example', '^[a-z]+\\\\.example$')", "true"},
    {"matches('shop.example', '^[a-z]+$')", "false"},
    {"matches('shop.example', 'op')", "true"},
    {"matches('', '')", "true"},
    {"matches('a\\nb', '^b')", "false"},
    {"matches('a\\n', 'a$')", "false"},
    {"matches('é', '^.$')", "true"},
    {"matches('Ω', '^\\\\p{Lu}$')", "true"},
    {"matches('a\\0b', 'a\\\\x00b')", "true"},
    {"matches(8080, '^80')", "true"},
    {"matches(site.name, 'oo')", "true"},
    {"('x'):upper(), matches('X', 'x')", "X;false"},
    {"find('key = value', '(\\\\w+)\\\\s*=\\\\s*(\\\\w+)')", "1;11;key;value"},
    {"find('key = value', '=')", "5;5"},
    {"find('key = value', 'x')", "nil"},
    {"find('abc', '')", "1;0"},
    {"find('abc', '', 4)", "4;3"},
    {"find('abc', '', 5)", "nil"},
    {"find('abcabc', 'b', 3)", "5;5"},
    {"find('abcabc', 'b', -2)", "5;5"},
    {"find('abcabc', 'b', -20)", "2;2"},
    {"find('abc', '^b', 2)", "nil"},
    {"find('abc', '(?<=a)b', 2)", "2;2"},
    {"find('abc', '(x)?b(c)')", "2;3;nil;c"},
    {"find('abc', 'b(x)?')", "2;2"},
    {"find('né', 'é')", "2;3"},
    {"find('né', '$', 3)", "4;3"}, // inside é
    {"find('2024-01-02', '(?<year>[0-9]{4})-([0-9]+)')", "1;7;2024;01"},
    {"select('#', find('a', ('(a?)'):rep(32)))", "34"},
    {"select('#', find('a', ('(a?)'):rep(40)))", "34"},
};

std::vector<example> const plain_examples{
    {"string.find('a.c', '.', 1, true)", "2;2"},
    {"string.find('a.c', 'a.c', 1, true)", "1;3"},
    {"string.find('a.c', 'b', 1, true)", "nil"},
    {"string.find('abcabc', 'b', 3, true)", "5;5"},
    {"string.find('abcabc', 'b', -2, true)", "5;5"},
    {"string.find('abc', '', 4, true)", "4;3"},
    {"string.find('abc', '', 5, true)", "nil"},
    {"string.find('', '', 1, true)", "1;0"},
    {"string.find('abc', 'b', math.maxinteger, true)", "nil"},
    {"string.find('abc', 'b', math.mininteger, true)", "2;2"},
    {"('a\\0b'):find('\\0', 1, true)", "2;2"},
};

/// Expressions that are an error, and its text.
std::vector<example> const faults{
    {"matches('a', '[a')",
     "'[a' is not a valid regular expression: missing ] after [ (at character 2)"},
    {"matches('a', '(')", "'(' is not a valid regular expression: missing closing parenthesis"},
    {"matches('a', '\\\\Z')",
     "'\\Z' is not a valid regular expression: unknown escape \\Z (at character 1)"},
    {"matches('\\xff', 'a')", "the text that is searched for 'a' is not valid UTF-8"},
    {"matches('a')", "bad argument #2 to 'matches' (string expected, got no value)"},
    {"matches(nil, 'a')", "bad argument #1 to 'matches' (string expected, got nil)"},
    {"find('a', {})", "bad argument #2 to 'find' (string expected, got table)"},
    {"string.match('a', 'a')",
     "string.match is not available in rules; use matches(text, regex), or find(text, regex) for "
     "the groups of a match"},
    {"('a'):gmatch('a')", "string.gmatch is not available in rules; use find(text, regex, from)"},
    {"site.name:gsub('o', '0')",
     "string.gsub is not available in rules; use find(text, regex) and string.sub"},
    {"string.find('a.c', '.')",
     "string.find takes plain text in rules: string.find(text, part, 1, true); for regular "
     "expressions use matches(text, regex) or find(text, regex)"},
};

struct fixture {
  test::rule_world world{R"({"site": {"name": "Books"}, "find": {"x": 1}})"};

  /// What the expressions give, joined; "error: " and the message if they fail.
  std::string evaluate(std::string const& expressions) {
    auto const message =
        world
            .run("(function(...) local s = '=' for i = 1, select('#', ...) do "
                 "s = s .. (i > 1 and ';' or '') .. tostring((select(i, ...))) end "
                 "error(s, 0) end)(" +
                 expressions + ")")
            .message;
    return message.starts_with('=') ? message.substr(1) : "error: " + message;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(text_functions, fixture)

BOOST_DATA_TEST_CASE(regular_expressions_match_text, regex_examples, one) {
  BOOST_TEST(evaluate(one.expressions) == one.given);
}

BOOST_DATA_TEST_CASE(plain_text_is_found, plain_examples, one) {
  BOOST_TEST(evaluate(one.expressions) == one.given);
}

BOOST_DATA_TEST_CASE(errors_name_the_fault_and_the_remedy, faults, one) {
  BOOST_TEST(evaluate(one.expressions) == "error: " + one.given);
}

BOOST_AUTO_TEST_CASE(functions_hide_namespaces_of_the_same_name) {
  BOOST_TEST(evaluate("ns.find.x") == "1");
}

BOOST_AUTO_TEST_CASE(all_matches_are_found_one_after_the_other) {
  BOOST_TEST(evaluate("(function() local out, from = '', 1 while true do "
                      "local first, last, word = find('a=1, bc=23', '([a-z]+)=', from) "
                      "if not first then return out end "
                      "out = out .. word .. ' ' from = last + 1 end end)()") == "a bc ");
}

BOOST_AUTO_TEST_SUITE_END()
