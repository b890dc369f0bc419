#include "tests/support/schemas.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// Every keyword in every draft that has it. A row has the expected issue of a document: "" for one
// that fits, or the keyword and the place of its only issue.

namespace {

using namespace cfgd;
using enum schema::draft;
using schema::draft;

struct row {
  draft first;
  draft last;
  char const* schema;
  char const* document;
  char const* expected;
};

constexpr draft all = draft4;

std::vector<row> const values{
    {all, draft2020, R"({"type":"string"})", R"("a")", ""},
    {all, draft2020, R"({"type":"string"})", "1", "type "},
    {all, draft2020, R"({"type":["string","null"]})", "null", ""},
    {all, draft2020, R"({"type":["string","null"]})", "false", "type "},
    {all, draft2020, R"({"type":"integer"})", "1.0", ""},
    {all, draft2020, R"({"type":"integer"})", "1.5", "type "},
    {all, draft2020, R"({"type":"integer"})", "1e300", ""},
    {all, draft2020, R"({"type":"number"})", "1", ""},
    {all, draft2020, R"({"type":"boolean"})", "0", "type "},
    {all, draft2020, R"({"type":"array"})", "{}", "type "},
    {all, draft2020, R"({"type":"object"})", "[]", "type "},
    {all, draft2020, R"({"enum":[1,"a",{"b":[2]}]})", R"({"b":[2.0]})", ""},
    {all, draft2020, R"({"enum":[1,"a"]})", R"("b")", "enum "},
    {all, draft2020, R"({"enum":[0]})", "false", "enum "},
    {draft6, draft2020, R"({"const":{"a":1,"b":2}})", R"({"b":2,"a":1.0})", ""},
    {draft6, draft2020, R"({"const":[1]})", "[true]", "const "},
    {draft6, draft2020, R"({"const":9007199254740993})", "9007199254740992.0", "const "},
    {draft4, draft4, R"({"const":1})", "2", ""},
};

std::vector<row> const numbers{
    {all, draft2020, R"({"minimum":1})", "1", ""},
    {all, draft2020, R"({"minimum":1})", "0.999", "minimum "},
    {all, draft2020, R"({"minimum":1})", R"("0")", ""},
    {all, draft2020, R"({"maximum":9007199254740993})", "9007199254740993", ""},
    {all, draft2020, R"({"maximum":9007199254740992.0})", "9007199254740993", "maximum "},
    {all, draft2020, R"({"maximum":1.5})", "2", "maximum "},
    {all, draft2020, R"({"minimum":-9223372036854775808})", "-9223372036854775808", ""},
    {all, draft2020, R"({"minimum":-1e300})", "-9223372036854775808", ""},
    {draft6, draft2020, R"({"exclusiveMinimum":1})", "1", "exclusiveMinimum "},
    {draft6, draft2020, R"({"exclusiveMinimum":1,"minimum":1})", "0", "exclusiveMinimum "},
    {draft6, draft2020, R"({"exclusiveMaximum":1})", "0.5", ""},
    {draft6, draft2020, R"({"exclusiveMaximum":1})", "1.0", "exclusiveMaximum "},
    {draft4, draft4, R"({"minimum":1,"exclusiveMinimum":true})", "1", "exclusiveMinimum "},
    {draft4, draft4, R"({"minimum":1,"exclusiveMinimum":false})", "1", ""},
    {draft4, draft4, R"({"exclusiveMaximum":true,"maximum":3})", "3", "exclusiveMaximum "},
    {all, draft2020, R"({"multipleOf":0.01})", "19.99", ""},
    {all, draft2020, R"({"multipleOf":0.01})", "19.995", "multipleOf "},
    {all, draft2020, R"({"multipleOf":0.1})", "0.3", ""},
    {all, draft2020, R"({"multipleOf":1e-8})", "12391239123", ""},
    {all, draft2020, R"({"multipleOf":0.5})", "1e308", ""},
    {all, draft2020, R"({"multipleOf":0.123456789})", "1e308", "multipleOf "},
    {all, draft2020, R"({"multipleOf":3})", "9223372036854775807", "multipleOf "},
    {all, draft2020, R"({"multipleOf":7})", "9223372036854775807", ""},
    {all, draft2020, R"({"multipleOf":2})", "-9223372036854775808", ""},
    {all, draft2020, R"({"multipleOf":1e300})", "3", "multipleOf "},
    {all, draft2020, R"({"multipleOf":5})", "0", ""},
};

std::vector<row> const strings{
    {all, draft2020, R"({"minLength":2})", R"("é")", "minLength "},
    {all, draft2020, R"({"minLength":2.0})", R"("éé")", ""},
    {all, draft2020, R"({"maxLength":1})", R"("é")", ""},
    {all, draft2020, R"({"maxLength":1})", R"("💩💩")", "maxLength "},
    {all, draft2020, R"({"maxLength":100000000000000000000.0})", R"("a")", ""},
    {all, draft2020, R"({"pattern":"^a+$"})", R"("aa")", ""},
    {all, draft2020, R"({"pattern":"^a+$"})", R"("aab")", "pattern "},
    {all, draft2020, R"({"pattern":"b"})", R"("abc")", ""},
    {all, draft2020, R"({"format":"ipv4"})", R"("127.0.0.1")", ""},
    {all, draft2020, R"({"format":"ipv4"})", R"("127.0.0.256")", "format "},
    {all, draft2020, R"({"format":"of nobody"})", R"("?")", ""},
    {draft4, draft6, R"({"format":"hostname"})", R"("ab--cd.example")", ""},
    {draft4, draft6, R"({"format":"hostname"})", R"("ab_cd.example")", "format "},
    {draft4, draft6, R"({"format":"hostname"})", R"("example.")", "format "},
    {draft7, draft2020, R"({"format":"hostname"})", R"("ab--cd.example")", "format "},
    {draft7, draft2020, R"({"contentEncoding":"base64","contentMediaType":"text/json"})",
     R"("%%%")", ""},
};

std::vector<row> const lists{
    {all, draft2020, R"({"minItems":1})", "[]", "minItems "},
    {all, draft2020, R"({"maxItems":1})", "[1,2]", "maxItems "},
    {all, draft2020, R"({"uniqueItems":true})", R"([1,"1",true,{"a":1}])", ""},
    {all, draft2020, R"({"uniqueItems":true})", R"([{"a":1,"b":2},{"b":2.0,"a":1}])",
     "uniqueItems "},
    {all, draft2020, R"({"uniqueItems":true})", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", ""},
    {all, draft2020, R"({"uniqueItems":true})", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,2.0]",
     "uniqueItems "},
    {all, draft2020, R"({"uniqueItems":false})", "[1,1]", ""},
    {all, draft2020, R"({"items":{"type":"string"}})", R"(["a",1])", "type /1"},
    {draft6, draft2020, R"({"items":false})", "[1]", "items /0"},
    {all, draft2019, R"({"items":[{"type":"string"}]})", R"(["a",1])", ""},
    {all, draft2019, R"({"items":[{"type":"string"}],"additionalItems":false})", R"(["a",1])",
     "additionalItems /1"},
    {all, draft2019, R"({"items":[{"type":"string"}],"additionalItems":{"type":"null"}})",
     R"(["a",1])", "type /1"},
    {all, draft2019, R"({"items":{},"additionalItems":false})", "[1,2]", ""},
    {draft2020, draft2020, R"({"prefixItems":[{"type":"string"}],"items":{"type":"null"}})",
     R"(["a",null,1])", "type /2"},
    {draft2020, draft2020, R"({"prefixItems":[true,false]})", "[1,2]", "false /1"},
    {draft6, draft2020, R"({"contains":{"const":1}})", "[0,1]", ""},
    {draft6, draft2020, R"({"contains":{"const":1}})", "[0]", "contains "},
    {draft2019, draft2020, R"({"contains":{"const":1},"minContains":2})", "[1]", "minContains "},
    {draft2019, draft2020, R"({"contains":{"const":1},"minContains":0})", "[]", ""},
    {draft2019, draft2020, R"({"contains":{"const":1},"maxContains":1})", "[1,1]", "maxContains "},
    {draft2019, draft2020, R"({"minContains":2})", "[]", ""},
    {draft6, draft7, R"({"contains":{"const":1},"maxContains":1})", "[1,1]", ""},
    {draft2019, draft2019, R"({"items":[true],"unevaluatedItems":false})", "[1,2]",
     "unevaluatedItems /1"},
    {draft2020, draft2020, R"({"allOf":[{"prefixItems":[true]}],"unevaluatedItems":false})",
     "[1,2]", "unevaluatedItems /1"},
    {draft2020, draft2020, R"({"contains":{"const":2},"unevaluatedItems":{"const":1}})", "[1,2]",
     ""},
    {draft2019, draft2019, R"({"contains":{"const":2},"unevaluatedItems":{"const":1}})", "[1,2]",
     "const /1"},
};

std::vector<row> const objects{
    {all, draft2020, R"({"properties":{"a":{"type":"null"}}})", R"({"a":1})", "type /a"},
    {draft6, draft2020, R"({"properties":{"a":false}})", R"({"a":1})", "properties /a"},
    {all, draft2020, R"({"patternProperties":{"^a":{"type":"null"}}})", R"({"ab":1})", "type /ab"},
    {all, draft2020,
     R"({"properties":{"a":{}},"patternProperties":{"^b":{}},"additionalProperties":false})",
     R"({"a":1,"bb":1,"c/d":1})", "additionalProperties /c~1d"},
    {all, draft2020, R"({"additionalProperties":{"type":"null"}})", R"({"a":1})", "type /a"},
    {all, draft2020, R"({"required":["a"]})", R"({"b":1})", "required "},
    {all, draft2020, R"({"required":["a"]})", "[]", ""},
    {all, draft2020, R"({"minProperties":1})", "{}", "minProperties "},
    {all, draft2020, R"({"maxProperties":1})", R"({"a":1,"b":2})", "maxProperties "},
    {draft6, draft2020, R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})",
     "propertyNames /abc"},
    {all, draft2020, R"({"dependencies":{"a":["b"]}})", R"({"a":1})", "dependencies "},
    {all, draft2020, R"({"dependencies":{"a":{"required":["b"]}}})", R"({"a":1})", "required "},
    {draft2019, draft2020, R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})",
     "dependentRequired "},
    {draft2019, draft2020, R"({"dependentRequired":{"a":["b"]}})", R"({"c":1})", ""},
    {all, draft7, R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", ""},
    {draft2019, draft2020, R"({"dependentSchemas":{"a":{"maxProperties":1}}})", R"({"a":1,"b":1})",
     "maxProperties "},
    {draft2019, draft2020, R"({"properties":{"a":true},"unevaluatedProperties":false})",
     R"({"a":1,"b":1})", "unevaluatedProperties /b"},
    {draft2019, draft2020,
     R"({"anyOf":[{"properties":{"a":{"const":1}}},{"properties":{"b":true}}],
         "unevaluatedProperties":false})",
     R"({"a":1,"b":1})", ""},
    {draft2019, draft2020,
     R"({"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"properties":{"b":true}},
         "unevaluatedProperties":false})",
     R"({"a":1,"b":1})", ""},
    {draft2019, draft2020, R"({"not":{"properties":{"a":true}},"unevaluatedProperties":false})",
     "{}", "not "},
    {all, draft7, R"({"unevaluatedProperties":false})", R"({"a":1})", ""},
};

std::vector<row> const combinations{
    {all, draft2020, R"({"allOf":[{"minimum":1},{"maximum":2}]})", "3", "maximum "},
    {all, draft2020, R"({"anyOf":[{"minimum":5},{"type":"string"}]})", "7", ""},
    {all, draft2020, R"({"anyOf":[{"type":"null"},{"type":"string"}]})", "7", "anyOf "},
    {all, draft2020, R"({"oneOf":[{"minimum":5},{"maximum":9}]})", "7", "oneOf "},
    {all, draft2020, R"({"oneOf":[{"minimum":5},{"maximum":2}]})", "7", ""},
    {all, draft2020, R"({"not":{"type":"string"}})", R"("a")", "not "},
    {all, draft2020, R"({"not":{"type":"string"}})", "1", ""},
    {draft7, draft2020, R"({"if":{"minimum":5},"then":{"maximum":6},"else":{"minimum":2}})", "7",
     "maximum "},
    {draft7, draft2020, R"({"if":{"minimum":5},"then":{"maximum":6},"else":{"minimum":2}})", "1",
     "minimum "},
    {draft7, draft2020, R"({"then":{"maximum":6}})", "7", ""},
    {draft4, draft6, R"({"if":{"minimum":5},"then":{"maximum":6}})", "7", ""},
    {draft6, draft2020, "true", "1", ""},
    {draft6, draft2020, "false", "1", "false "},
    {draft6, draft2020, "{}", "1", ""},
};

void run(std::vector<row> const& rows) {
  for (auto const& one : rows) {
    for (int which = static_cast<int>(one.first); which <= static_cast<int>(one.last); ++which) {
      BOOST_TEST_CONTEXT(one.schema << " of " << which << " for " << one.document) {
        test::good_schema const compiled(one.schema, {.unnamed = static_cast<draft>(which)});
        auto const found = compiled.validate(one.document);
        BOOST_CHECK_EQUAL(found.errors, *one.expected == '\0' ? 0U : 1U);
        BOOST_CHECK_EQUAL(found.issues.size(), found.errors);
        std::string actual;
        if (!found.issues.empty())
          actual = found.issues.front().rule + " " + found.issues.front().pointer;
        BOOST_CHECK_EQUAL(actual, one.expected);
      }
    }
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(keywords)

BOOST_AUTO_TEST_CASE(of_any_value) { run(values); }
BOOST_AUTO_TEST_CASE(of_numbers) { run(numbers); }
BOOST_AUTO_TEST_CASE(of_strings) { run(strings); }
BOOST_AUTO_TEST_CASE(of_lists) { run(lists); }
BOOST_AUTO_TEST_CASE(of_objects) { run(objects); }
BOOST_AUTO_TEST_CASE(that_combine) { run(combinations); }

BOOST_AUTO_TEST_CASE(the_schema_names_its_draft) {
  test::good_schema const fourth(
      R"({"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true})");
  test::good_schema const seventh(
      R"({"$schema":"http://json-schema.org/draft-07/schema","exclusiveMinimum":1,"minContains":7})");
  test::good_schema const newest(R"({"prefixItems":[{"type":"null"}]})");

  BOOST_CHECK_EQUAL(fourth.validate("1").errors, 1U);
  BOOST_CHECK_EQUAL(seventh.validate("1").errors, 1U);
  BOOST_CHECK_EQUAL(newest.validate("[1]").errors, 1U);
}

BOOST_AUTO_TEST_CASE(formats_may_be_annotations) {
  test::good_schema const compiled(R"({"format":"ipv4"})", {.how = schema::formats::annotate});

  BOOST_CHECK_EQUAL(compiled.validate(R"("no address")").errors, 0U);
}

BOOST_AUTO_TEST_SUITE_END()
