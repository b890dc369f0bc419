#include "core/json.hpp"
#include "engine/schema/lint.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <vector>

// What a schema says without effect.

namespace {

using namespace cfgd;
using schema::unknown_keywords;
using lines = std::vector<std::string>;

constexpr char const* draft4 = R"("$schema":"http://json-schema.org/draft-04/schema#")";
constexpr char const* draft7 = R"("$schema":"http://json-schema.org/draft-07/schema#")";

std::vector<issue> find(std::string const& text, unknown_keywords which = unknown_keywords::all) {
  return schema::lint({.root = json::parse(text).value().as_object(), .places = {}}, which);
}

/// "pointer message" of each warning.
lines said(std::string const& text, unknown_keywords which = unknown_keywords::all) {
  lines out;
  for (auto const& one : find(text, which))
    out.push_back(one.pointer + ' ' + one.message);
  return out;
}

void check(std::string const& text, lines const& expected) {
  BOOST_TEST_CONTEXT(text) {
    auto const found = said(text);
    BOOST_CHECK_EQUAL_COLLECTIONS(found.begin(), found.end(), expected.begin(), expected.end());
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(lint)

BOOST_AUTO_TEST_CASE(unknown_keywords_are_named_with_what_was_meant) {
  check(R"({"propertys":{"a":{}}})",
        {"/propertys unknown keyword 'propertys' (did you mean 'properties'?)"});
  check(R"({"properties":{"port":{"type":"integer","minimun":1}}})",
        {"/properties/port/minimun unknown keyword 'minimun' (did you mean 'minimum'?)"});
  check(R"({"allOf":[{"items":{"nullable":true}}]})",
        {"/allOf/0/items/nullable unknown keyword 'nullable'"});
  check(R"({"unit":"ms"})", {"/unit unknown keyword 'unit'"});
}

BOOST_AUTO_TEST_CASE(a_warning_has_a_rule_and_a_place) {
  sourced_document const file{
      .root = json::parse(R"({"type":"object","tilte":"a"})").value().as_object(),
      .places = {{.line = 1, .column = 2}, {.line = 3, .column = 4}}};

  auto const found = schema::lint(file, unknown_keywords::all);

  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_TEST((found[0].how == severity::warning));
  BOOST_TEST(found[0].rule == "schema");
  BOOST_TEST((found[0].where == place{3, 4}));
}

BOOST_AUTO_TEST_CASE(names_that_are_not_keywords_are_not_reported) {
  check(R"({"properties":{"propertys":{}},"$defs":{"minimun":{}},"patternProperties":{"typ":{}},
           "dependentSchemas":{"itmes":{}}})",
        {});
  check(R"({"default":{"typ":1},"const":{"typ":1},"enum":[{"typ":1}],"examples":[{"typ":1}]})", {});
  check(R"({"x-label":{"typ":1},"x-order":1,"$comment":"a","$vocabulary":{}})", {});
  check("{" + std::string(draft4) + R"(,"$comment":"a"})", {});
}

BOOST_AUTO_TEST_CASE(a_misspelt_mark_of_a_secret_is_reported) {
  check(R"({"properties":{"a":{"x-secert":true}}})",
        {"/properties/a/x-secert unknown keyword 'x-secert' (did you mean 'x-secret'?)"});
}

BOOST_AUTO_TEST_CASE(a_misspelt_name_of_a_key_is_reported) {
  check(R"({"properties":{"a":{"x-kye":"name"},"b":{"x-kind":1}}})",
        {"/properties/a/x-kye unknown keyword 'x-kye' (did you mean 'x-key'?)"});
  check(R"({"properties":{"a":{"type":"object","x-key":"name"},"b":{"x-key":"name"}}})",
        {"/properties/a/x-key 'x-key' has no effect: 'type' does not allow an array"});
}

BOOST_AUTO_TEST_CASE(write_only_is_no_mark_of_a_secret) {
  check(R"({"properties":{"a":{"writeOnly":true}}})",
        {"/properties/a/writeOnly 'writeOnly' does not hide the value; 'x-secret' does"});
  check(R"({"properties":{"a":{"writeOnly":true,"x-secret":true},"b":{"writeOnly":false}}})", {});
}

BOOST_AUTO_TEST_CASE(keywords_of_other_drafts_are_reported) {
  check("{" + std::string(draft4) + R"(,"const":1})",
        {"/const 'const' is not a keyword of draft 4, only since draft 6"});
  check("{" + std::string(draft7) + R"(,"$defs":{}})",
        {"/$defs '$defs' is not a keyword of draft 7, only since draft 2019-09"});
  check(R"({"id":"a"})",
        {"/id 'id' is not a keyword of draft 2020-12, only up to draft 4 (did you mean '$id'?)"});
}

BOOST_AUTO_TEST_CASE(a_keyword_that_a_reference_leads_into_is_in_use) {
  check(R"({"parts":{"a/b":{}},"properties":{"a":{"$ref":"#/parts/a~1b"}}})", {});
  check(R"({"parts":{"a":{}},"properties":{"a":{"$ref":"#/partsonly"}}})",
        {"/parts unknown keyword 'parts'"});
}

BOOST_AUTO_TEST_CASE(where_names_may_be_known_elsewhere_only_misspelt_ones_are_reported) {
  check(R"({"$schema":"file:///schemas/own.json","unit":"ms","const":1,"requierd":[]})",
        {"/requierd unknown keyword 'requierd' (did you mean 'required'?)"});
  auto const found = said(R"({"parts":{},"types":{},"minimun":1})", unknown_keywords::misspelt);
  BOOST_REQUIRE_EQUAL(found.size(), 1U);
  BOOST_TEST(found[0] == "/minimun unknown keyword 'minimun' (did you mean 'minimum'?)");
}

BOOST_AUTO_TEST_CASE(keywords_that_cannot_apply_are_reported) {
  check(R"({"type":"integer","minLength":1})",
        {"/minLength 'minLength' has no effect: 'type' does not allow a string"});
  check(R"({"type":["null","string"],"minLength":1,"items":{}})",
        {"/items 'items' has no effect: 'type' does not allow an array"});
  check(R"({"type":"integer","minimum":1})", {});
  check(R"({"minLength":1,"minimum":1,"items":{}})", {});
  check(R"({"then":{},"if":{},"minContains":1})",
        {"/minContains 'minContains' has no effect without 'contains'"});
  check("{" + std::string(draft7) + R"(,"$ref":"#/definitions/a","minimum":1,"title":"t",
           "definitions":{"a":{}}})",
        {"/minimum 'minimum' has no effect beside '$ref' in draft 7"});
  check(R"({"$ref":"#/$defs/a","minimum":1,"$defs":{"a":{}}})", {});
}

BOOST_AUTO_TEST_CASE(required_members_that_are_forbidden_are_reported) {
  check(R"({"properties":{"a":{}},"required":["a","b"],"additionalProperties":false})",
        {"/required/1 'b' is required, but 'additionalProperties' forbids it: it is not in "
         "'properties'"});
  check(R"({"required":["b"],"additionalProperties":{}})", {});
  check(R"({"required":["b"],"additionalProperties":false,"patternProperties":{"b":{}}})", {});
}

BOOST_AUTO_TEST_CASE(warnings_are_limited) {
  std::string text = R"({"properties":{)";
  for (int index = 0; index < 100; ++index)
    text += "\"a" + std::to_string(index) + R"(":{"nullable":true},)";
  text += R"("b":{}}})";

  BOOST_TEST(find(text).size() == 20U);
}

BOOST_AUTO_TEST_SUITE_END()
