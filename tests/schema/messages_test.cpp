#include "core/json.hpp"
#include "tests/support/schemas.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// What people read: short, about the constraint, one issue for one fault, and never a value of the
// document.

namespace {

using namespace cfgd;
using lines = std::vector<std::string>;

void check(char const* schema, char const* document, lines const& expected) {
  BOOST_TEST_CONTEXT(schema << " for " << document) {
    auto const said = test::good_schema(schema).say(document);
    BOOST_CHECK_EQUAL_COLLECTIONS(said.begin(), said.end(), expected.begin(), expected.end());
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(name_the_expected_value) {
  check(R"({"minimum":1})", "0", {" [minimum] must be at least 1"});
  check(R"({"exclusiveMaximum":1.5})", "2", {" [exclusiveMaximum] must be less than 1.5"});
  check(R"({"type":["string","integer"]})", "[]", {" [type] must be a string or an integer"});
  check(R"({"enum":["daily","weekly"]})", R"("never")",
        {R"( [enum] must be one of "daily", "weekly")"});
  check(R"({"minLength":1})", R"("")", {" [minLength] must have at least 1 character"});
  check(R"({"maxItems":2})", "[1,2,3]", {" [maxItems] must have at most 2 elements"});
  check(R"({"pattern":"^/"})", R"("x")", {R"( [pattern] must match the pattern "^/")"});
  check(R"({"format":"ipv6"})", R"("x")", {" [format] must be an IPv6 address"});
  check(R"({"uniqueItems":true})", "[1,2,1]",
        {" [uniqueItems] must not have equal elements: those at 0 and 2"});
  check(R"({"propertyNames":{"pattern":"^[a-z]+$"}})", R"({"A":1})",
        {R"(/A [propertyNames] its name must match the pattern "^[a-z]+$")"});
  check(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})",
        {" [dependentRequired] 'b' is required where 'a' is"});
}

BOOST_AUTO_TEST_CASE(are_in_the_order_of_the_document) {
  check(R"({"required":["name"],"properties":{"a":{"type":"null"},"b":{"items":{"minimum":3}}},
           "additionalProperties":false})",
        R"({"b":[1,5,2],"colour":"red","a":1})",
        {" [required] 'name' is required", "/b/0 [minimum] must be at least 3",
         "/b/2 [minimum] must be at least 3",
         "/colour [additionalProperties] unknown setting (the schema has: 'a', 'b')",
         "/a [type] must be null"});
}

BOOST_AUTO_TEST_CASE(of_an_unknown_setting_name_those_that_the_schema_has) {
  check(R"({"properties":{"contact_email":{}},"additionalProperties":false})", R"({"nosuch":1})",
        {"/nosuch [additionalProperties] unknown setting (the schema has: 'contact_email')"});
  check(R"({"patternProperties":{"^x":{}},"additionalProperties":false})", R"({"a":1})",
        {"/a [additionalProperties] unknown setting"});
  std::string many;
  std::string listed;
  for (char letter = 'a'; letter <= 'm'; ++letter) {
    many += std::string(many.empty() ? "" : ",") + '"' + letter + R"(":{})";
    if (letter < 'm') listed += std::string("'") + letter + "', ";
  }
  check((R"({"properties":{)" + many + R"(},"additionalProperties":false})").c_str(), R"({"z":1})",
        {"/z [additionalProperties] unknown setting (the schema has: " + listed + "...)"});
  check(R"({"properties":{"a":{}},"unevaluatedProperties":false})", R"({"b":1})",
        {"/b [unevaluatedProperties] 'b' is not allowed here (unevaluatedProperties)"});
}

BOOST_AUTO_TEST_CASE(name_the_alternative_that_was_meant) {
  constexpr char const* kinds = R"({"oneOf":[
    {"properties":{"kind":{"const":"file"},"path":{"type":"string"}},"required":["kind","path"]},
    {"properties":{"kind":{"const":"mail"},"to":{"format":"email"}},"required":["kind","to"]}]})";
  check(kinds, R"({"kind":"mail","to":"nobody"})",
        {" [oneOf] matches none of the 2 alternatives", "/to [format] must be an e-mail address"});
  check(kinds, R"({"kind":"smoke"})", {" [oneOf] matches none of the 2 alternatives"});
  check(R"({"anyOf":[{"type":"string","minLength":3},{"type":"null"}]})", R"("ab")",
        {" [anyOf] matches none of the 2 alternatives",
         " [minLength] must have at least 3 characters"});
  check(R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "3",
        {" [oneOf] must match exactly one alternative, but matches those at 0 and 1"});
}

BOOST_AUTO_TEST_CASE(report_a_fault_once) {
  check(R"({"$defs":{"a":{"type":"string"}},"$ref":"#/$defs/a","allOf":[{"$ref":"#/$defs/a"}]})",
        "1", {" [type] must be a string"});
  check(R"({"properties":{"a":{"type":"string","minLength":2,"enum":["ab"]}}})", R"({"a":1})",
        {"/a [type] must be a string"});
  check(R"({"allOf":[{"properties":{"a":{"type":"null"}}}],"unevaluatedProperties":false})",
        R"({"a":1})", {"/a [type] must be null"});
}

BOOST_AUTO_TEST_CASE(contain_no_value_of_the_document) {
  test::good_schema const compiled(R"({"additionalProperties":{"anyOf":[
    {"type":"string","pattern":"^a","maxLength":3,"format":"email","enum":["b"]},
    {"const":"c"},{"not":{"minLength":1}},{"type":"array","uniqueItems":true,"maxItems":0}]}})");

  auto const found = compiled.validate(R"({"p":"hunter2","q":["hunter2","hunter2"],"r":72772})");

  BOOST_CHECK_GE(found.errors, 3U);
  for (auto const& one : found.issues) {
    BOOST_CHECK_MESSAGE(to_string(one).find("hunter2") == std::string::npos, one);
    BOOST_CHECK_MESSAGE(to_string(one).find("72772") == std::string::npos, one);
  }
}

BOOST_AUTO_TEST_CASE(are_counted_beyond_those_that_are_kept) {
  std::string document = "[";
  for (int i = 0; i < 100; ++i)
    document += "1,";
  document += "1]";
  test::good_schema const compiled(R"({"items":{"type":"string"}})");

  auto const found = compiled.validate(document);

  BOOST_CHECK_EQUAL(found.issues.size(), limits{}.issues);
  BOOST_CHECK_EQUAL(found.errors, 101U);
}

BOOST_AUTO_TEST_CASE(warn_about_deprecated_members) {
  test::good_schema const compiled(
      R"({"properties":{"old":{"deprecated":true},"new":{"type":"string"}}})");

  auto const found = compiled.validate(R"({"old":1,"new":2})");

  BOOST_CHECK_EQUAL(found.errors, 1U);
  BOOST_CHECK_EQUAL(found.warnings, 1U);
  BOOST_REQUIRE_EQUAL(found.issues.size(), 2U);
  BOOST_CHECK_EQUAL(to_string(found.issues[1].how), "warning");
  BOOST_CHECK_EQUAL(found.issues[1].pointer, "/old");
  BOOST_CHECK_EQUAL(compiled.validate(R"({"new":"x"})").warnings, 0U);
}

BOOST_AUTO_TEST_CASE(of_long_texts_are_cut_between_characters) {
  std::string long_text;
  for (int i = 0; i < 100; ++i)
    long_text += "é";
  test::good_schema const compiled(R"({"const":")" + long_text + R"("})");

  auto const said = compiled.say("1");

  BOOST_REQUIRE_EQUAL(said.size(), 1U);
  BOOST_CHECK_LT(said[0].size(), 100U);
  BOOST_CHECK(json::parse("\"" + said[0].substr(said[0].find("must be") + 9) + "\"").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
