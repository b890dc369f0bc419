#include "core/json.hpp"
#include "engine/rules/rules.hpp"
#include "tests/support/rule_world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cfgd;

std::uint32_t count_places(boost::json::value const& in, std::uint32_t line,
                           std::vector<place>& places) {
  auto const add = [&](boost::json::value const& child) {
    places.push_back({.line = ++line, .column = 1});
    line = count_places(child, line, places);
  };
  if (auto const* const object = in.if_object())
    for (auto const& member : *object)
      add(member.value());
  if (auto const* const list = in.if_array())
    for (auto const& element : *list)
      add(element);
  return line;
}

/// Every node stands on a line of its own, in the order of the text.
sourced_document document_of(std::string_view text) {
  auto value = json::parse(text).value();
  sourced_document made;
  (void)count_places(value, 0, made.places);
  made.root = std::move(value.get_object());
  return made;
}

result<std::vector<rules::rule>> read(std::string_view text, limits const& bounds = {}) {
  return rules::read(document_of(text), "/etc/cfgd/rules/site.toml", bounds);
}

/// Line and message of the only issue.
std::string issue_in(std::string_view text) {
  auto const found = read(text);
  if (found) return "none";
  auto const& issues = found.error().issues;
  if (issues.size() != 1) return "there are " + std::to_string(issues.size());
  return std::to_string(issues[0].where.line) + ": " + issues[0].message;
}

/// A file with one rule that has these members besides its name and message.
std::string issue_with(std::string const& members) {
  return issue_in(R"({"rule": [{"name": "a", "message": "m", )" + members + "}]}");
}

} // namespace

BOOST_AUTO_TEST_SUITE(read_rules)

BOOST_AUTO_TEST_CASE(a_rule_has_all_members_of_its_table) {
  auto const found = read(R"({"rule": [
    {"name": "one-1_x", "severity": "warning", "check": "site.a", "key": "site.\"a b\".c", "message": "m"},
    {"name": "2", "check": "site.a == 1", "message": "n"}]})");
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST_REQUIRE(found->size() == 2U);
  rules::rule const first{.name = "one-1_x",
                          .how = severity::warning,
                          .check = "site.a",
                          .key = "site.\"a b\".c",
                          .message = "m",
                          .path = "/etc/cfgd/rules/site.toml",
                          .where = {.line = 5, .column = 1}};
  BOOST_TEST((found->at(0) == first));
  BOOST_TEST((found->at(1).how == severity::error));
  BOOST_TEST(found->at(1).key.empty());
}

BOOST_AUTO_TEST_CASE(a_file_may_be_empty) {
  BOOST_TEST(read("{}").value().empty());
  BOOST_TEST(read(R"({"rule": []})").value().empty());
}

BOOST_AUTO_TEST_CASE(invalid_rules_are_reported_with_their_place) {
  BOOST_TEST(issue_in(R"({"rule": [], "rules": []})") ==
             "2: unknown key 'rules'; only [[rule]] is allowed here");
  BOOST_TEST(issue_in(R"({"rule": {}})") == "1: must be [[rule]], a list of tables");
  BOOST_TEST(issue_in(R"({"rule": [5]})") == "2: must be a table");
  BOOST_TEST(issue_in(R"({"rule": [{"check": "1", "message": "m"}]})") == "2: 'name' is missing");
  BOOST_TEST(issue_in(R"({"rule": [{"name": "a", "message": "m"}]})") == "2: 'check' is missing");
  BOOST_TEST(issue_in(R"({"rule": [{"name": "a", "check": "1"}]})") == "2: 'message' is missing");
  BOOST_TEST(issue_in(R"({"rule": [{"name": "a", "check": "1", "message": ""}]})") ==
             "5: must not be empty");
  BOOST_TEST(issue_with(R"("check": 5)") == "5: must be a string");
  BOOST_TEST(issue_with(R"("check": "1", "when": "x")") == "6: unknown key 'when' in a rule");
  BOOST_TEST(issue_with(R"("check": "1", "severity": "fatal")") ==
             "6: must be \"error\" or \"warning\"");
  BOOST_TEST(issue_with(R"("check": "1", "severity": true)") == "6: must be a string");
}

BOOST_AUTO_TEST_CASE(names_are_plain_and_unique) {
  for (std::string const name : {"A", "-a", "_a", "a b", "a.b", "\\u00e9"})
    BOOST_TEST(
        issue_in(R"({"rule": [{"name": ")" + name + R"(", "check": "1", "message": "m"}]})") ==
        "3: must begin with a-z or 0-9, then a-z, 0-9, '_' or '-', at most 64 characters");
  BOOST_TEST(issue_in(R"({"rule": [{"name": "a", "check": "1", "message": "m"},
                                   {"name": "a", "check": "2", "message": "m"}]})") ==
             "7: duplicate rule name 'a'");
}

BOOST_AUTO_TEST_CASE(keys_must_be_valid) {
  BOOST_TEST(issue_with(R"("check": "1", "key": "Site.x")").starts_with("6: is not a valid key: "));
  BOOST_TEST(
      issue_with(R"("check": "1", "key": "site..x")").starts_with("6: is not a valid key: "));
  BOOST_TEST(issue_with(R"("check": "1", "key": 5)") == "6: must be a string");
}

BOOST_AUTO_TEST_CASE(a_check_is_one_expression) {
  for (std::string const check :
       {"1 +", "x = 1", "return 1", "a, b", "a) or (b", "1) -- x", "true); os.exit((1", "end", ";",
        " ", "((((", "\\u001bLua", "a b", "1 -- x", "goto x", "'open", "[[open"}) {
    auto const said = issue_with(R"("check": ")" + check + '"');
    BOOST_TEST(said.starts_with("5: is not a valid Lua expression: "), check << ": " << said);
    BOOST_TEST(said.find("check:") == std::string::npos);
  }
  BOOST_TEST(issue_with(R"("check": "1 +")") ==
             "5: is not a valid Lua expression: unexpected symbol near <eof>");
  BOOST_TEST(issue_with(R"("check": "1 +\n2 +")") ==
             "5: is not a valid Lua expression: line 2: unexpected symbol near <eof>");
  for (std::string const check : {"1", "(1)", "a.b[1]:c(...)", "function() return end", "1 -- x\\n",
                                  "--[[x]] 1", "{}", "'\\u00e9'", "...", "\\n a\\n and b\\n"})
    BOOST_TEST(issue_with(R"("check": ")" + check + '"') == "none", check);
}

BOOST_AUTO_TEST_CASE(the_length_of_a_check_is_limited) {
  std::string const blanks(16 * 1024 - 1, ' ');
  BOOST_TEST(issue_with(R"("check": "1)" + blanks + '"') == "none");
  BOOST_TEST(issue_with(R"("check": "1)" + blanks + " \"") == "5: is longer than 16384 bytes");
}

BOOST_AUTO_TEST_CASE(all_issues_are_reported_up_to_the_limit) {
  auto const text = R"({"rule": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})";
  limits few;
  few.issues = 4;
  auto const found = read(text, few);
  BOOST_TEST_REQUIRE(found.has_error());
  auto const& fault = found.error();
  BOOST_TEST((fault.code == errc::invalid));
  BOOST_TEST(fault.used == 6U);
  BOOST_TEST_REQUIRE(fault.issues.size() == 4U);
  BOOST_TEST(fault.issues[0].rule == "a");
  BOOST_TEST(fault.issues[3].rule == "b");
  BOOST_TEST(fault.issues[3].pointer == "/rule/1");
  BOOST_TEST(fault.issues[3].path == "/etc/cfgd/rules/site.toml");
  BOOST_TEST(fault.where.line == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
