#include "core/key.hpp"
#include "tests/support/schemas.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

// Which members a schema makes read-only, and where it says so.

namespace {

using namespace cfgd;

/// The pointer of the "readOnly" of a member; "" if it has none.
std::string pointer_for(std::string_view schema, std::string_view dotted) {
  auto const path = dotted.empty() ? std::vector<std::string>() : split_dotted(dotted).value();
  auto const by = test::good_schema(schema)->read_only_by(path);
  return by.empty() ? by : by.substr(by.find('#') + 1);
}

constexpr std::string_view draft4 = R"({"$schema":"http://json-schema.org/draft-04/schema#",
  "properties":{"a":{"readOnly":true}}})";
constexpr std::string_view draft7 = R"({"$schema":"http://json-schema.org/draft-07/schema#",
  "properties":{"a":{"$ref":"#/definitions/d","readOnly":true}},"definitions":{"d":{}}})";

} // namespace

BOOST_AUTO_TEST_SUITE(read_only)

BOOST_AUTO_TEST_CASE(members_and_everything_below_them_are) {
  constexpr char const* schema = R"({"properties":{"a":{"readOnly":true},"b":{"readOnly":false}}})";

  BOOST_CHECK_EQUAL(test::good_schema(schema)->read_only_by(std::vector<std::string>{"a"}),
                    std::string(test::schema_shelf::main_uri) + "#/properties/a/readOnly");
  BOOST_CHECK_EQUAL(pointer_for(schema, "a.x.y"), "/properties/a/readOnly");
  BOOST_CHECK_EQUAL(pointer_for(schema, "b"), "");
  BOOST_CHECK_EQUAL(pointer_for(schema, ""), "");
  BOOST_CHECK_EQUAL(pointer_for(R"({"readOnly":true})", ""), "/readOnly");
  BOOST_CHECK_EQUAL(pointer_for(R"({"readOnly":true})", "a"), "/readOnly");
  BOOST_CHECK(!test::good_schema("{}")->has_read_only());
}

BOOST_AUTO_TEST_CASE(every_subschema_that_may_apply_counts) {
  for (auto const* const text : {
           R"({"patternProperties":{"^a":{"readOnly":true}}})",
           R"({"additionalProperties":{"readOnly":true}})",
           R"({"properties":{"a":{"$ref":"#/$defs/d"}},"$defs":{"d":{"readOnly":true}}})",
           R"({"allOf":[{"properties":{"a":{"readOnly":true}}}]})",
           R"({"anyOf":[{"properties":{"a":{"readOnly":true}}},{}]})",
           R"({"if":{},"then":{"properties":{"a":{"readOnly":true}}}})",
       })
    BOOST_CHECK_MESSAGE(pointer_for(text, "a").ends_with("/readOnly"), text);
}

BOOST_AUTO_TEST_CASE(other_subschemas_do_not_count) {
  for (auto const* const text : {
           R"({"not":{"properties":{"a":{"readOnly":true}}}})",
           R"({"propertyNames":{"readOnly":true}})",
           R"({"$defs":{"a":{"readOnly":true}}})",
           R"({"properties":{"a":{"items":{"readOnly":true}}}})",
           R"({"properties":{"a":{"properties":{"b":{"readOnly":true}}}}})",
       })
    BOOST_CHECK_MESSAGE(pointer_for(text, "a").empty(), text);
}

BOOST_AUTO_TEST_CASE(it_is_a_keyword_since_draft_7_and_counts_beside_a_reference) {
  BOOST_CHECK_EQUAL(pointer_for(draft4, "a"), "");
  BOOST_CHECK_EQUAL(pointer_for(draft7, "a"), "/properties/a/readOnly");
}

BOOST_AUTO_TEST_SUITE_END()
