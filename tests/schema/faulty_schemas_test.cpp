#include "tests/support/schemas.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// Schemas are checked when they are compiled: the message is for people, the place is exact.

namespace {

using namespace cfgd;
using schema::draft;

struct row {
  char const* schema;
  /// Behind the "#" of the place.
  char const* pointer;
  /// What the message has in it.
  char const* says;
};

std::vector<row> const faulty{
    {R"({"properties":{"a":{"type":"objekt"}}})", "/properties/a/type",
     R"("objekt" is not a JSON Schema type (did you mean 'object'?))"},
    {R"({"type":["null","date"]})", "/type",
     R"("date" is not a JSON Schema type (null, boolean, integer, number, string, array, object))"},
    {R"({"type":[]})", "/type",
     "must be one of null, boolean, integer, number, string, array, "
     "object, or a list of some of them"},
    {R"({"type":1})", "/type", "must be one of null, boolean"},
    {R"({"type":["string","string"]})", "/type", "twice"},
    {R"({"properties":{"a":{"minLength":-1}}})", "/properties/a/minLength", "non-negative"},
    {R"({"maxItems":1.5})", "/maxItems", "a non-negative integer"},
    {R"({"minProperties":"1"})", "/minProperties", "a non-negative integer"},
    {R"({"multipleOf":0})", "/multipleOf", "greater than 0"},
    {R"({"multipleOf":-0.5})", "/multipleOf", "greater than 0"},
    {R"({"minimum":"1"})", "/minimum", "must be a number"},
    {R"({"exclusiveMaximum":true})", "/exclusiveMaximum", "must be a number"},
    {R"({"pattern":"a("})", "/pattern", "must be a regular expression: missing closing"},
    {R"({"pattern":"\\Z"})", "/pattern", "unknown escape \\Z (at character 1)"},
    {R"({"pattern":1})", "/pattern", "must be a string"},
    {R"({"patternProperties":{"a/[":{}}})", "/patternProperties/a~1[", "must be a regular"},
    {R"({"required":"a"})", "/required", "a list of names"},
    {R"({"required":["a",1]})", "/required/1", "must be a string"},
    {R"({"enum":{}})", "/enum", "must be a list"},
    {R"({"uniqueItems":1})", "/uniqueItems", "true or false"},
    {R"({"x-secret":"yes"})", "/x-secret", "true or false"},
    {R"({"readOnly":"yes"})", "/readOnly", "true or false"},
    {R"({"deprecated":1})", "/deprecated", "true or false"},
    {R"({"title":1})", "/title", "must be a string"},
    {R"({"examples":1})", "/examples", "must be a list"},
    {R"({"format":1})", "/format", "must be a string"},
    {R"({"properties":[]})", "/properties", "an object of schemas"},
    {R"({"properties":{"a":1}})", "/properties/a", "must be a schema"},
    {R"({"items":[{}]})", "/items", "must be a schema"},
    {R"({"allOf":[]})", "/allOf", "non-empty list"},
    {R"({"allOf":{}})", "/allOf", "list of schemas"},
    {R"({"anyOf":[{},7]})", "/anyOf/1", "must be a schema"},
    {R"({"not":null})", "/not", "must be a schema"},
    {R"({"$defs":{"a":{"minimum":"x"}}})", "/$defs/a/minimum", "must be a number"},
    {R"({"dependentRequired":{"a":"b"}})", "/dependentRequired/a", "a list of names"},
    {R"({"$ref":1})", "/$ref", "must be a string"},
    {R"({"properties":{"a":{"$ref":"#/$defs/b"}}})", "/properties/a/$ref", "does not exist"},
    {R"({"properties":{"a":{"$ref":"#b"}}})", "/properties/a/$ref", "no such anchor"},
    {R"({"$ref":"other.json"})", "/$ref", "cannot find schema 'file:///schemas/other.json'"},
    {R"({"$ref":"#/title","title":"a"})", "/$ref", "does not lead to a schema"},
    {R"({"$ref":"http://[/"})", "/$ref", "URI reference"},
    {R"({"$anchor":"1 a"})", "/$anchor", "must be a name"},
    {R"({"$defs":{"a":{"$anchor":"b"},"c":{"$anchor":"b"}}})", "/$defs/", "has this anchor"},
    {R"({"$id":"#a"})", "/$id", "no fragment"},
    {R"({"$defs":{"a":{"$id":"x"},"b":{"$id":"x"}}})", "/$defs/", "identifier of another"},
    {R"({"$schema":"http://json-schema.org/draft-03/schema#"})", "/$schema", "not a known dialect"},
    {R"({"$schema":7})", "/$schema", "must be a string"},
    {"7", "", "must be an object or a boolean"},
};

std::vector<row> const circles{
    {R"({"$ref":"#"})", "", "infinite $ref loop"},
    {R"({"$ref":""})", "", "infinite $ref loop"},
    {R"({"allOf":[{"$ref":"#"}]})", "", "infinite $ref loop"},
    {R"({"not":{"$ref":"#"}})", "", "infinite $ref loop"},
    {R"({"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}})",
     "/definitions/a", "infinite $ref loop"},
    {R"({"anyOf":[{"type":"string"},{"if":{},"then":{"$ref":"#"}}]})", "", "infinite $ref loop"},
};

void run(std::vector<row> const& rows, draft which) {
  for (auto const& one : rows) {
    BOOST_TEST_CONTEXT(one.schema) {
      auto const compiled = test::schema_shelf(one.schema).compile({.unnamed = which});
      BOOST_REQUIRE(!compiled);
      auto const& failure = compiled.error();
      auto const place = std::string(test::schema_shelf::main_uri) + "#" + one.pointer;
      BOOST_CHECK(failure.code == errc::invalid);
      BOOST_CHECK_EQUAL(failure.subject.substr(0, place.size()), place);
      bool const exact = place.ends_with('/') || failure.subject == place;
      BOOST_CHECK_MESSAGE(exact, failure.subject);
      BOOST_CHECK_MESSAGE(failure.message.find(one.says) != std::string::npos, failure.message);
    }
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(faulty_schemas)

BOOST_AUTO_TEST_CASE(are_refused_with_the_place) { run(faulty, draft::draft2020); }

BOOST_AUTO_TEST_CASE(that_apply_to_themselves_are_refused) {
  run(circles, draft::draft2020);
  run(circles, draft::draft7);
}

BOOST_AUTO_TEST_CASE(of_older_drafts_are_refused_too) {
  run(
      {
          {R"({"exclusiveMinimum":1})", "/exclusiveMinimum", "true or false"},
          {R"({"properties":{"a":true}})", "/properties/a", "which is an object"},
          {R"({"enum":[]})", "/enum", "must not be empty"},
      },
      draft::draft4);
  run({{R"({"items":[{},1]})", "/items/1", "must be a schema"}}, draft::draft7);
}

BOOST_AUTO_TEST_CASE(the_place_is_in_the_document_that_is_at_fault) {
  test::schema_shelf shelf(R"({"properties":{"a":{"$ref":"common.json#/$defs/b"}}})");
  shelf.put("file:///schemas/common.json",
            R"({"$defs":{"b":{"$id":"http://e/b","items":{"type":1}},"unused":{"type":1}}})");

  auto const compiled = shelf.compile();

  BOOST_REQUIRE(!compiled);
  BOOST_CHECK_EQUAL(compiled.error().subject, "file:///schemas/common.json#/$defs/b/items/type");
}

BOOST_AUTO_TEST_CASE(that_do_not_exist_are_named) {
  auto const none = [](std::string_view) -> boost::json::value const* { return nullptr; };

  auto const compiled = schema::schema::compile("file:///a.json", none, limits{});

  BOOST_REQUIRE(!compiled);
  BOOST_CHECK_EQUAL(compiled.error().subject, "file:///a.json");
}

BOOST_AUTO_TEST_CASE(unknown_keywords_are_ignored) {
  test::good_schema const compiled(
      R"({"x-order":1,"colour":{"type":7},"$comment":"", "definitions":{"a":{"then":{}}}})");

  BOOST_CHECK_EQUAL(compiled.validate("1").errors, 0U);
}

BOOST_AUTO_TEST_CASE(a_required_vocabulary_must_be_known) {
  test::schema_shelf shelf(R"({"$schema":"http://e/meta"})");
  shelf.put("http://e/meta", R"({"$schema":"https://json-schema.org/draft/2020-12/schema",
                                 "$vocabulary":{"http://e/colours":true}})");

  auto const compiled = shelf.compile();

  BOOST_REQUIRE(!compiled);
  BOOST_CHECK_EQUAL(compiled.error().message, "unknown vocabulary 'http://e/colours'");
  BOOST_CHECK_EQUAL(compiled.error().subject, "file:///schemas/main.json#/$schema");
}

BOOST_AUTO_TEST_CASE(metaschemas_that_name_each_other_are_refused) {
  test::schema_shelf shelf(R"({"$schema":"http://e/one"})");
  shelf.put("http://e/one", R"({"$schema":"http://e/two"})");
  shelf.put("http://e/two", R"({"$schema":"http://e/one"})");

  BOOST_CHECK(!shelf.compile());
}

BOOST_AUTO_TEST_SUITE_END()
