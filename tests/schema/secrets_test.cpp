#include "core/json.hpp"
#include "core/key.hpp"
#include "tests/support/schemas.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// Where secrets are and which subschema governs a member: by the schema alone.

namespace {

using namespace cfgd;

std::vector<std::string> path(std::string_view dotted) {
  return dotted.empty() ? std::vector<std::string>() : split_dotted(dotted).value();
}

bool is_secret(char const* schema, std::string_view dotted) {
  return test::good_schema(schema)->is_secret(path(dotted));
}

std::string governs(test::good_schema const& compiled, std::string_view dotted) {
  auto const* const found = compiled->governs(path(dotted));
  return found == nullptr ? "" : json::canonical(*found);
}

constexpr char const* secret = R"({"x-secret":true})";

std::string with_secret(std::string text) {
  auto const at = text.find("SECRET");
  return text.replace(at, 6, secret);
}

} // namespace

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(are_members_and_everything_below_them) {
  constexpr char const* schema =
      R"({"properties":{"mail":{"properties":{"password":{"x-secret":true},"user":{}}}}})";
  BOOST_CHECK(is_secret(schema, "mail.password"));
  BOOST_CHECK(is_secret(schema, "mail.password.deeper.still"));
  BOOST_CHECK(!is_secret(schema, "mail"));
  BOOST_CHECK(!is_secret(schema, "mail.user"));
  BOOST_CHECK(!is_secret(schema, "other.password"));
  BOOST_CHECK(!is_secret(schema, ""));
}

BOOST_AUTO_TEST_CASE(are_found_wherever_a_subschema_may_apply) {
  for (auto const* const text : {
           R"({"properties":{"a":SECRET}})",
           R"({"patternProperties":{"^a$":SECRET}})",
           R"({"properties":{"b":{}},"additionalProperties":SECRET})",
           R"({"unevaluatedProperties":SECRET})",
           R"({"$ref":"#/$defs/d","$defs":{"d":{"properties":{"a":SECRET}}}})",
           R"({"properties":{"a":{"$ref":"#/$defs/d"}},"$defs":{"d":SECRET}})",
           R"({"allOf":[{},{"properties":{"a":SECRET}}]})",
           R"({"anyOf":[{"properties":{"a":SECRET}},{}]})",
           R"({"oneOf":[{"properties":{"a":SECRET}},{}]})",
           R"({"if":{"properties":{"a":SECRET}}})",
           R"({"if":{},"then":{"properties":{"a":SECRET}}})",
           R"({"if":{},"else":{"properties":{"a":SECRET}}})",
           R"({"dependentSchemas":{"x":{"properties":{"a":SECRET}}}})",
           R"({"properties":{"a":{"items":SECRET}}})",
           R"({"properties":{"a":{"prefixItems":[{},SECRET]}}})",
           R"({"properties":{"a":{"contains":SECRET}}})",
           R"({"properties":{"a":{"items":{"properties":{"deep":SECRET}}}}})",
           R"({"$dynamicRef":"#d","$defs":{"d":{"$dynamicAnchor":"d","properties":{"a":SECRET}}}})",
       }) {
    BOOST_TEST_CONTEXT(text) {
      test::good_schema const compiled(with_secret(text));
      BOOST_CHECK(compiled->has_secrets());
      BOOST_CHECK(compiled->is_secret(path("a")));
      BOOST_CHECK(!compiled->is_secret(path("b")) ||
                  std::string_view(text).find("unevaluated") != std::string_view::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(are_not_found_in_unused_subschemas) {
  for (auto const* const text : {
           R"({"not":{"properties":{"a":SECRET}}})",
           R"({"$defs":{"a":SECRET}})",
           R"({"propertyNames":SECRET})",
           R"({"x-parts":{"a":SECRET}})",
       }) {
    BOOST_TEST_CONTEXT(text) {
      test::good_schema const compiled(with_secret(text));
      BOOST_CHECK(!compiled->has_secrets());
      BOOST_CHECK(!compiled->is_secret(path("a")));
    }
  }
  BOOST_CHECK(!test::good_schema(R"({"properties":{"a":{"x-secret":false}}})")->has_secrets());
}

BOOST_AUTO_TEST_CASE(beside_a_reference_count_in_every_draft) {
  BOOST_CHECK(is_secret(R"({"$schema":"http://json-schema.org/draft-07/schema#",
                            "properties":{"a":{"$ref":"#/definitions/t","x-secret":true}},
                            "definitions":{"t":{"type":"string"}}})",
                        "a"));
}

BOOST_AUTO_TEST_CASE(in_a_schema_in_itself_are_found_at_any_depth) {
  constexpr char const* schema =
      R"({"properties":{"child":{"$ref":"#"},"password":{"x-secret":true}}})";
  BOOST_CHECK(is_secret(schema, "child.child.child.password"));
  BOOST_CHECK(!is_secret(schema, "child.child.child"));
}

BOOST_AUTO_TEST_CASE(values_that_a_schema_allows_are_in_no_message) {
  struct row {
    char const* schema;
    char const* document;
    bool may_show = false;
  };
  for (auto const& [schema, document, may_show] : {
           row{R"({"properties":{"a":{"x-secret":true,"const":"hunter2"}}})", R"({"a":1})"},
           row{R"({"properties":{"a":{"x-secret":true,"enum":["hunter2","b"]}}})", R"({"a":1})"},
           row{R"({"properties":{"a":{"$ref":"#/$defs/d","enum":["hunter2"]}},
                   "$defs":{"d":{"x-secret":true}}})",
               R"({"a":1})"},
           row{R"({"properties":{"a":{"x-secret":true}},
                   "allOf":[{"properties":{"a":{"const":"hunter2"}}}]})",
               R"({"a":1})"},
           row{R"({"properties":{"a":{"x-secret":true,"anyOf":[{"const":"hunter2"}]}}})",
               R"({"a":1})"},
           row{R"({"properties":{"a":{"x-secret":true,"oneOf":[{"enum":["hunter2"]}]}}})",
               R"({"a":1})"},
           row{R"({"properties":{"a":{"x-secret":true}},"if":{"required":["a"]},
                   "then":{"properties":{"a":{"const":"hunter2"}}}})",
               R"({"a":1})"},
           row{R"({"properties":{"a":{"x-secret":true}},"if":{"required":["b"]},
                   "else":{"properties":{"a":{"const":"hunter2"}}}})",
               R"({"a":1})"},
           row{R"({"properties":{"a":{"x-secret":true,"not":{"const":"hunter2"}}}})",
               R"({"a":"hunter2"})"},
           row{R"({"properties":{"a":{"x-secret":true,"properties":{"b":{"const":"hunter2"}}}}})",
               R"({"a":{"b":1}})"},
           row{R"({"properties":{"a":{"x-secret":true,"propertyNames":{"enum":["hunter2"]}}}})",
               R"({"a":{"b":1}})"},
           row{R"({"properties":{"a":{"items":{"x-secret":true,"const":"hunter2"}}}})",
               R"({"a":[1]})"},
           row{R"({"properties":{"o":{"const":{"a":"hunter2"},
                   "properties":{"a":{"x-secret":true}}}}})",
               R"({"o":{"a":"b"}})"},
           row{R"({"properties":{"o":{"enum":[{"a":"hunter2"}],
                   "properties":{"a":{"x-secret":true}}}}})",
               R"({"o":{"a":"b"}})"},
           row{R"({"properties":{"a":{"x-secret":true},"b":{"const":"hunter2"}}})", R"({"b":1})",
               true},
           row{R"({"properties":{"b":{"const":{"a":"hunter2"}}}})", R"({"b":1})", true},
       }) {
    BOOST_TEST_CONTEXT(schema) {
      auto const found = test::good_schema(schema).validate(document);
      BOOST_CHECK_GE(found.errors, 1U);
      bool is_shown = false;
      for (auto const& one : found.issues)
        is_shown = is_shown || one.message.find("hunter2") != std::string::npos;
      BOOST_CHECK_EQUAL(is_shown, may_show);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_message_says_that_values_are_not_shown) {
  test::good_schema const compiled(
      R"({"properties":{"a":{"x-secret":true,"const":"s"},"b":{"x-secret":true,"enum":["s"]}}})");

  auto const said = compiled.say(R"({"a":1,"b":1})");

  BOOST_REQUIRE_EQUAL(said.size(), 2U);
  BOOST_CHECK_EQUAL(
      said[0], "/a [const] must be the value in the schema (not shown, because it is a secret)");
  BOOST_CHECK_EQUAL(said[1],
                    "/b [enum] must be one of the values in the schema (not shown, because "
                    "they are secrets)");
}

BOOST_AUTO_TEST_CASE(a_wrong_default_is_reported_without_values) {
  for (auto const* const text : {
           R"({"properties":{"a":{"x-secret":true,"default":1,"enum":["hunter2"]}}})",
           R"({"properties":{"a":{"x-secret":true,
               "properties":{"b":{"default":1,"const":"hunter2"}}}}})",
           R"({"$defs":{"d":{"x-secret":true,"default":1,"enum":["hunter2"]}}})",
       }) {
    auto const compiled = test::schema_shelf(text).compile();
    BOOST_REQUIRE(!compiled);
    BOOST_CHECK_NE(compiled.error().message.find("does not match"), std::string::npos);
    BOOST_CHECK_EQUAL(compiled.error().message.find("hunter2"), std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_member_is_governed_by_its_subschema) {
  test::good_schema const compiled(R"({
    "$defs":{"port":{"type":"integer"}},
    "properties":{"a":{"title":"A"},"port":{"$ref":"#/$defs/port"},
                  "named":{"$ref":"#/$defs/port","title":"N"},"flags":{
                    "patternProperties":{"^x":{"title":"X"}},
                    "additionalProperties":{"type":"boolean"}}},
    "allOf":[{"properties":{"b":{"title":"B"}}}],"additionalProperties":false})");

  BOOST_CHECK_EQUAL(governs(compiled, "a"), R"({"title":"A"})");
  BOOST_CHECK_EQUAL(governs(compiled, "b"), R"({"title":"B"})");
  BOOST_CHECK_EQUAL(governs(compiled, "port"), R"({"type":"integer"})");
  BOOST_CHECK_EQUAL(governs(compiled, "named"), R"({"$ref":"#/$defs/port","title":"N"})");
  BOOST_CHECK_EQUAL(governs(compiled, "flags.beta"), R"({"type":"boolean"})");
  BOOST_CHECK_EQUAL(governs(compiled, "flags.x1"), R"({"title":"X"})");
  BOOST_CHECK_EQUAL(governs(compiled, "unknown"), "");
  BOOST_CHECK_EQUAL(governs(compiled, "a.b.c"), "");
  BOOST_CHECK(!governs(compiled, "").empty());
}

BOOST_AUTO_TEST_SUITE_END()
