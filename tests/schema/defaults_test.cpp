#include "core/json.hpp"
#include "tests/support/schemas.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace cfgd;

std::string defaults_of(char const* schema) {
  return json::canonical(test::good_schema(schema)->defaults());
}

error refusal_of(char const* schema) {
  auto const compiled = test::schema_shelf(schema).compile();
  BOOST_REQUIRE(!compiled);
  return compiled.error();
}

} // namespace

BOOST_AUTO_TEST_SUITE(defaults)

BOOST_AUTO_TEST_CASE(of_members_create_their_parents) {
  BOOST_CHECK_EQUAL(defaults_of(R"({"properties":{"server":{"properties":{"port":{"default":80}}},
                                    "name":{"default":"x"},"other":{}}})"),
                    R"({"name":"x","server":{"port":80}})");
  BOOST_CHECK_EQUAL(defaults_of("{}"), "{}");
  BOOST_CHECK_EQUAL(defaults_of("true"), "{}");
}

BOOST_AUTO_TEST_CASE(of_an_object_are_completed_by_its_members) {
  BOOST_CHECK_EQUAL(defaults_of(R"({"properties":{"flags":{"default":{"b":true},
                      "properties":{"a":{"default":false},"b":{"default":false}}}}})"),
                    R"({"flags":{"a":false,"b":true}})");
  BOOST_CHECK_EQUAL(
      defaults_of(R"({"default":{"a":1},"properties":{"a":{"default":2},"b":{"default":3}}})"),
      R"({"a":1,"b":3})");
  BOOST_CHECK_EQUAL(defaults_of(R"({"properties":{"a":{"default":[],"items":{"default":1}}}})"),
                    R"({"a":[]})");
}

BOOST_AUTO_TEST_CASE(come_through_references_and_all_of) {
  BOOST_CHECK_EQUAL(
      defaults_of(R"({"$defs":{"port":{"default":80},"tls":{"properties":{"on":{"default":true}}}},
                      "properties":{"a":{"$ref":"#/$defs/port"},
                                    "b":{"$ref":"#/$defs/port","default":81}},
                      "allOf":[{"$ref":"#/$defs/tls"},{"properties":{"on":{"default":false}}}]})"),
      R"({"a":80,"b":81,"on":true})");
  BOOST_CHECK_EQUAL(defaults_of(R"({"$schema":"http://json-schema.org/draft-07/schema#",
                                    "definitions":{"p":{"type":"integer"}},
                      "properties":{"a":{"$ref":"#/definitions/p","default":81}}})"),
                    R"({"a":81})");
}

BOOST_AUTO_TEST_CASE(of_alternatives_are_none) {
  BOOST_CHECK_EQUAL(defaults_of(R"({"anyOf":[{"properties":{"a":{"default":1}}}],
                                    "if":{},"then":{"properties":{"b":{"default":1}}}})"),
                    "{}");
}

BOOST_AUTO_TEST_CASE(that_are_null_are_left_out) {
  BOOST_CHECK_EQUAL(defaults_of(R"({"properties":{"a":{"default":null,"type":"string"},
                                    "b":{"default":{"c":null,"d":[1,null]}}}})"),
                    R"({"b":{"d":[1]}})");
}

BOOST_AUTO_TEST_CASE(of_a_schema_in_itself_end) {
  BOOST_CHECK_EQUAL(defaults_of(R"({"properties":{"a":{"default":1},"child":{"$ref":"#"}}})"),
                    R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(that_do_not_match_are_rejected) {
  auto const one = refusal_of(R"({"properties":{"port":{"type":"integer","default":"80"}}})");
  BOOST_CHECK_EQUAL(one.subject, "file:///schemas/main.json#/properties/port/default");
  BOOST_CHECK_EQUAL(one.message, "the default does not match its own schema: must be an integer");

  auto const nested = refusal_of(
      R"({"$defs":{"a":{"default":{"b":[0]},"properties":{"b":{"items":{"minimum":1}}}}}})");
  BOOST_CHECK_EQUAL(nested.subject, "file:///schemas/main.json#/$defs/a/default");
  BOOST_CHECK_EQUAL(nested.message,
                    "the default does not match its own schema: /b/0 must be at least 1");
}

BOOST_AUTO_TEST_CASE(are_checked_with_what_their_members_add) {
  BOOST_CHECK_EQUAL(defaults_of(R"({"properties":{"server":{"default":{},"required":["port"],
                      "properties":{"port":{"default":80}}}}})"),
                    R"({"server":{"port":80}})");
}

BOOST_AUTO_TEST_CASE(of_endless_schemas_exceed_a_limit) {
  std::string schema = R"({"$defs":{"d0":{"default":1})";
  for (int i = 1; i < 40; ++i) {
    auto const below = R"({"$ref":"#/$defs/d)" + std::to_string(i - 1) + R"("})";
    schema += R"(,"d)" + std::to_string(i) + R"(":{"properties":{"x":)" + below + R"(,"y":)" +
              below + "}}";
  }
  schema += R"(},"$ref":"#/$defs/d39"})";

  auto const compiled = test::schema_shelf(schema).compile({}, {.schema_steps = 10'000});

  BOOST_REQUIRE(!compiled);
  BOOST_CHECK(compiled.error().code == errc::limit);
  BOOST_CHECK_EQUAL(compiled.error().subject, "schema_steps");
}

BOOST_AUTO_TEST_SUITE_END()
