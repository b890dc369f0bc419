#include "engine/schema/uri.hpp"
#include "tests/support/schemas.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace cfgd;

} // namespace

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(are_resolved_as_rfc_3986_says) {
  // Section 5.4.
  constexpr char const* base = "http://a/b/c/d;p?q";
  std::vector<std::pair<char const*, char const*>> const rows{
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
  };
  for (auto const& [reference, expected] : rows)
    BOOST_CHECK_EQUAL(schema::resolve_uri(base, reference), expected);
  BOOST_CHECK_EQUAL(schema::resolve_uri("http://a", "g"), "http://a/g");
  BOOST_CHECK_EQUAL(schema::resolve_uri("site.json", "_common.json#/a"), "_common.json#/a");
  BOOST_CHECK_EQUAL(schema::resolve_uri("urn:uuid:1", "#/a"), "urn:uuid:1#/a");
}

BOOST_AUTO_TEST_CASE(lead_to_other_documents_which_are_named) {
  test::schema_shelf shelf(R"({"properties":{"a":{"$ref":"parts/a.json#/$defs/x"}}})");
  shelf.put("file:///schemas/parts/a.json", R"({"$defs":{"x":{"$ref":"../b.json"}}})");
  shelf.put("file:///schemas/b.json", R"({"type":"null"})");
  test::good_schema const compiled(shelf);

  BOOST_CHECK_EQUAL(compiled.validate(R"({"a":1})").errors, 1U);
  std::vector<std::string> const expected{"file:///schemas/main.json",
                                          "file:///schemas/parts/a.json", "file:///schemas/b.json"};
  BOOST_TEST(compiled->documents() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(to_a_document_use_its_draft) {
  test::schema_shelf shelf(R"({"$ref":"old.json"})");
  shelf.put("file:///schemas/old.json", R"({"$schema":"http://json-schema.org/draft-07/schema#",
                                            "items":[{"type":"null"}],"additionalItems":false})");
  test::good_schema const compiled(shelf);

  BOOST_CHECK_EQUAL(compiled.validate("[null,1]").issues.front().rule, "additionalItems");
}

BOOST_AUTO_TEST_CASE(an_embedded_schema_has_a_draft_of_its_own) {
  test::good_schema const compiled(R"({"$ref":"http://e/old","$defs":{"old":{
      "$id":"http://e/old","$schema":"http://json-schema.org/draft-07/schema#",
      "items":[{"type":"null"}],"prefixItems":7}}})");

  BOOST_CHECK_EQUAL(compiled.validate("[1]").errors, 1U);
}

BOOST_AUTO_TEST_CASE(to_the_metaschemas_need_no_network) {
  for (auto const* const uri :
       {"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema"}) {
    BOOST_TEST_CONTEXT(uri) {
      test::good_schema const compiled(std::string(R"({"$ref":")") + uri + "\"}");
      BOOST_CHECK_EQUAL(compiled.validate(R"({"properties":{"a":{"minLength":1}}})").errors, 0U);
      BOOST_CHECK_GE(compiled.validate(R"({"properties":{"a":{"minLength":-1}}})").errors, 1U);
      BOOST_CHECK_EQUAL(compiled->documents().size(), 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(may_be_recursive_and_dynamic) {
  test::good_schema const tree(R"({"$schema":"https://json-schema.org/draft/2019-09/schema",
    "$id":"http://e/strict","$recursiveAnchor":true,"$ref":"http://e/tree",
    "unevaluatedProperties":false,
    "$defs":{"tree":{"$id":"http://e/tree","$recursiveAnchor":true,
      "properties":{"data":true,"children":{"items":{"$recursiveRef":"#"}}}}}})");
  BOOST_CHECK_EQUAL(tree.validate(R"({"children":[{"data":1}]})").errors, 0U);
  BOOST_CHECK_EQUAL(tree.validate(R"({"children":[{"daat":1}]})").issues.front().pointer,
                    "/children/0/daat");

  test::good_schema const dynamic(R"({"$id":"http://e/strict","$dynamicAnchor":"node",
    "$ref":"http://e/tree","unevaluatedProperties":false,
    "$defs":{"tree":{"$id":"http://e/tree","$dynamicAnchor":"node",
      "properties":{"data":true,"children":{"items":{"$dynamicRef":"#node"}}}}}})");
  BOOST_CHECK_EQUAL(dynamic.validate(R"({"children":[{"data":1}]})").errors, 0U);
  BOOST_CHECK_EQUAL(dynamic.validate(R"({"children":[{"daat":1}]})").issues.front().pointer,
                    "/children/0/daat");
}

BOOST_AUTO_TEST_SUITE_END()
