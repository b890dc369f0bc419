#include "core/json.hpp"
#include "tests/support/reading.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace {

using namespace cfgd;
using test::describe;

source_id file(source_kind what, std::string relative) {
  return {.where = layer::admin, .relative = std::move(relative), .what = what};
}

/// What a file of that kind and name says, or why not.
std::string read(source_kind what, std::string relative, std::string_view text) {
  auto const document = watchers::read_source(file(what, std::move(relative)), text, limits{});
  if (!document) return describe(document.error());
  std::string out;
  json::append_compact(out, boost::json::value(document->root));
  return out;
}
std::string schema_says(std::string relative, std::string_view text) {
  return read(source_kind::schema, std::move(relative), text);
}

} // namespace

BOOST_AUTO_TEST_SUITE(read_schema)

BOOST_AUTO_TEST_CASE(nulls_are_allowed_anywhere_in_a_schema) {
  constexpr std::string_view expected =
      R"({"const":null,"default":null,"enum":["a",null,[null]],"examples":[{"b":null}]})";

  BOOST_CHECK_EQUAL(schema_says("site.json", expected), expected);
  BOOST_CHECK_EQUAL(schema_says("site.yaml", "const: ~\ndefault: null\nenum: [a, null, [~]]\n"
                                             "examples:\n- b:\n"),
                    expected);
  BOOST_CHECK_EQUAL(schema_says("_common.yml", "enum:\n-\n- null\n"), R"({"enum":[null,null]})");
}

BOOST_AUTO_TEST_CASE(nulls_in_lists_of_values_are_values) {
  BOOST_CHECK_EQUAL(read(source_kind::values, "site.json", R"({"a":[1,null]})"),
                    R"({"a":[1,null]})");
  BOOST_CHECK_EQUAL(read(source_kind::values, "site.d/1.yaml", "a:\n- 1\n- ~\n"),
                    R"({"a":[1,null]})");
  BOOST_CHECK_EQUAL(read(source_kind::values, "site.json", R"({"a":null})"), R"({"a":null})");
}

BOOST_AUTO_TEST_CASE(every_node_of_a_schema_has_its_place) {
  auto const document = watchers::read_source(file(source_kind::schema, "site.yaml"),
                                              "properties:\n"
                                              "  port:\n"
                                              "    type: [integer, 'null']\n"
                                              "    enum:\n"
                                              "    - 80\n"
                                              "    - null\n"
                                              "    - a/b: ~\n",
                                              limits{});

  BOOST_REQUIRE(document);
  BOOST_CHECK((find_place(*document, "/properties/port/type/1") == place{3, 21}));
  BOOST_CHECK((find_place(*document, "/properties/port/enum") == place{4, 5}));
  BOOST_CHECK((find_place(*document, "/properties/port/enum/1") == place{6, 7}));
  BOOST_CHECK((find_place(*document, "/properties/port/enum/2/a~1b") == place{7, 7}));
}

BOOST_AUTO_TEST_CASE(places_after_nulls_in_json_are_correct) {
  auto const document = watchers::read_source(
      format::json, "{\"enum\": [null,\n  null, {\"a\": null}],\n \"b\": 1}", limits{});

  BOOST_REQUIRE(document);
  BOOST_CHECK((find_place(*document, "/enum/0") == place{1, 11}));
  BOOST_CHECK((find_place(*document, "/enum/1") == place{2, 3}));
  BOOST_CHECK((find_place(*document, "/enum/2/a") == place{2, 10}));
  BOOST_CHECK((find_place(*document, "/b") == place{3, 2}));
}

BOOST_AUTO_TEST_CASE(other_faults_of_values_are_faults_of_schemas) {
  BOOST_CHECK_EQUAL(schema_says("site.json", R"({"maximum":1e999})"),
                    read(source_kind::values, "site.json", R"({"maximum":1e999})"));
  BOOST_CHECK_EQUAL(schema_says("site.yaml", "maximum: 1e999"),
                    read(source_kind::values, "site.yaml", "maximum: 1e999"));
  BOOST_CHECK_EQUAL(schema_says("site.json", R"({"maximum":9223372036854775807})"),
                    R"({"maximum":9223372036854775807})");
  BOOST_CHECK(schema_says("site.json", R"({"a":1,"a":2})").find("duplicate") != std::string::npos);
  BOOST_CHECK_EQUAL(schema_says("site.json", R"(["\u0000"])").substr(0, 4), "1:2 ");
  BOOST_CHECK_EQUAL(schema_says("site.json", "true"),
                    "1:1 a source must be an object, but this is a boolean");
  BOOST_CHECK_EQUAL(schema_says("site.yaml", ""), "{}");
}

BOOST_AUTO_TEST_CASE(the_name_selects_the_format) {
  BOOST_CHECK_EQUAL(read(source_kind::rules, "site.toml", "[rule.a]\nwhen = \"x\"\n"),
                    R"({"rule":{"a":{"when":"x"}}})");
  BOOST_CHECK_EQUAL(read(source_kind::values, "site.d/10-a.ini", "a = 1"), R"({"a":1})");
  BOOST_CHECK_EQUAL(read(source_kind::values, "site.jsonc", "{/* */}"), "{}");
  BOOST_CHECK_EQUAL(schema_says("a.b.json", "{/* */}").substr(0, 4), "1:2 ");
}

BOOST_AUTO_TEST_SUITE_END()
