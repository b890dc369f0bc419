#include "daemon/schema_shown.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// What callers who may not see secrets get of a schema: all but values that may be one.

namespace {

using path = std::vector<std::string>;

/// Where `db.password` and what lies below is a secret.
std::string shown(std::string const& schema, path at = {}) {
  return cfgd::schema_without_secrets(
      schema, std::move(at), [](std::span<std::string const> which) {
        return which.size() >= 2 && which[0] == "db" && which[1] == "password";
      });
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(schema_shown)

BOOST_AUTO_TEST_CASE(a_secret_has_no_values) {
  BOOST_TEST(shown(R"({"const":"s","default":"s","enum":["s"],"examples":["s"],"type":"string"})",
                   {"db", "password"}) == R"({"type":"string"})");
  BOOST_TEST(shown(R"({"items":{"default":"s"}})", {"db", "password"}) == R"({"items":{}})");
  BOOST_TEST(shown(R"({"properties":{"x":{"default":"s"}}})", {"db", "password"}) ==
             R"({"properties":{"x":{}}})");
}

BOOST_AUTO_TEST_CASE(what_lies_beside_a_secret_keeps_its_values) {
  BOOST_TEST(shown(R"({"default":1,"enum":[1,2]})", {"db", "port"}) ==
             R"({"default":1,"enum":[1,2]})");
  BOOST_TEST(shown(R"({"properties":{"host":{"default":"h"},"password":{"default":"s"}}})",
                   {"db"}) == R"({"properties":{"host":{"default":"h"},"password":{}}})");
}

BOOST_AUTO_TEST_CASE(values_that_are_objects_are_removed) {
  BOOST_TEST(
      shown(
          R"({"default":{"db":{"password":"s"}},"properties":{"db":{"enum":[{"password":"s"}]}}})") ==
      R"({"properties":{"db":{}}})");
}

BOOST_AUTO_TEST_CASE(a_secret_is_found_in_every_branch) {
  BOOST_TEST(shown(R"({"allOf":[{"properties":{"password":{"const":"s"},"port":{"const":1}}}],)"
                   R"("if":{"properties":{"password":{"const":"s"}}},)"
                   R"("dependentSchemas":{"x":{"properties":{"password":{"default":"s"}}}}})",
                   {"db"}) == R"({"allOf":[{"properties":{"password":{},"port":{"const":1}}}],)"
                              R"("dependentSchemas":{"x":{"properties":{"password":{}}}},)"
                              R"("if":{"properties":{"password":{}}}})");
}

BOOST_AUTO_TEST_CASE(what_is_used_elsewhere_has_no_values) {
  BOOST_TEST(
      shown(R"({"$defs":{"default":{"default":"s","type":"string"}},)"
            R"("additionalProperties":{"default":"s"},"patternProperties":{".":{"enum":[1]}}})") ==
      R"({"$defs":{"default":{"type":"string"}},"additionalProperties":{},)"
      R"("patternProperties":{".":{}}})");
}

BOOST_AUTO_TEST_CASE(a_member_may_have_the_name_of_a_keyword) {
  BOOST_TEST(shown(R"({"properties":{"default":{"default":1},"enum":true}})") ==
             R"({"properties":{"default":{"default":1},"enum":true}})");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
