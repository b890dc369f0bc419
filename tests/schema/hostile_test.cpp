#include "tests/support/schemas.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// Schemas and documents that are made to take for ever, or to end the stack: each ends with an
// error that names the limit. The limits are small here; the messages are the same.

namespace {

using namespace cfgd;

void check_halted(schema::verdict const& found, char const* rule, char const* says) {
  BOOST_CHECK_EQUAL(found.errors, 1U);
  BOOST_REQUIRE_EQUAL(found.issues.size(), 1U);
  BOOST_CHECK_EQUAL(found.issues[0].rule, rule);
  BOOST_CHECK_MESSAGE(found.issues[0].message.find(says) != std::string::npos, found.issues[0]);
}

std::string nested(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i)
    out += "[";
  for (int i = 0; i < depth; ++i)
    out += "]";
  return out;
}

std::string quoted(std::size_t count, char c) { return '"' + std::string(count, c) + '"'; }

} // namespace

BOOST_AUTO_TEST_SUITE(hostile)

BOOST_AUTO_TEST_CASE(alternatives_in_alternatives_run_out_of_steps) {
  limits bounds;
  bounds.schema_steps = 10'000;
  test::good_schema const compiled(
      R"({"anyOf":[{"items":{"$ref":"#"},"not":{}},{"items":{"$ref":"#"},"not":{}}]})", {}, bounds);

  check_halted(compiled.validate(nested(40)), "schema_steps", "takes more than 10000 steps");
  check_halted(test::good_schema(R"({"not":{"anyOf":[
                   {"items":{"$ref":"#/not"},"contains":false},{"items":{"$ref":"#/not"},"contains":false}]}})",
                                 {}, bounds)
                   .validate(nested(40)),
               "schema_steps", "limit schema_steps");
}

BOOST_AUTO_TEST_CASE(the_limit_of_steps_is_exact) {
  limits bounds;
  bounds.schema_steps = 4; // the list and its three elements
  test::good_schema const compiled(R"({"items":{"type":"integer"}})", {}, bounds);

  BOOST_CHECK_EQUAL(compiled.validate("[1,2,3]").errors, 0U);
  check_halted(compiled.validate("[1,2,3,4]"), "schema_steps", "takes more than 4 steps");
}

BOOST_AUTO_TEST_CASE(circles_of_the_dynamic_scope_end) {
  test::good_schema const compiled(
      R"({"$dynamicAnchor":"a","anyOf":[{"type":"string"},{"$dynamicRef":"#a"}]})");

  check_halted(compiled.validate("1"), "$ref", "infinite $ref loop?");
  BOOST_CHECK_EQUAL(compiled.validate(R"("a")").errors, 0U);
}

BOOST_AUTO_TEST_CASE(long_chains_of_references_end) {
  std::string schema = R"({"$ref":"#/$defs/d0","$defs":{)";
  constexpr int links = 20'000;
  for (int i = 0; i < links; ++i)
    schema += (i > 0 ? "," : "") + std::string(R"("d)") + std::to_string(i) +
              R"(":{"$ref":"#/$defs/d)" + std::to_string(i + 1) + R"("})";
  schema += R"(,"d)" + std::to_string(links) + R"(":{"type":"null"}}})";
  test::good_schema const compiled(schema);

  check_halted(compiled.validate("null"), "$ref", "subschemas apply inside each other");
  BOOST_CHECK(!compiled->is_secret({}));
}

BOOST_AUTO_TEST_CASE(a_deep_document_is_accepted) {
  test::good_schema const compiled(
      R"({"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"anyOf":[{"items":{"$ref":"#/$defs/a"}}]}},
          "$ref":"#/$defs/a"})");

  BOOST_CHECK_EQUAL(compiled.validate(nested(64)).errors, 0U);
}

BOOST_AUTO_TEST_CASE(patterns_that_backtrack_are_stopped_and_named) {
  test::good_schema const compiled(R"({"properties":{"a":{"pattern":"^(a+)+$"}}})");

  auto const found = compiled.validate(R"({"a":)" + quoted(40, 'a').insert(40, "!") + "}");

  check_halted(found, "pattern", R"(with the pattern "^(a+)+$" (limit pattern_steps))");
  BOOST_CHECK_EQUAL(found.issues[0].pointer, "/a");
}

BOOST_AUTO_TEST_CASE(patterns_that_search_too_long_are_stopped) {
  for (auto const* const pattern :
       {"[a-z]*\\\\d", "(?=[a-z]*9)", "(?:a|b)*[cd]", "a*a*a*[cd]", "(.+)[xy]\\\\1"}) {
    BOOST_TEST_CONTEXT(pattern) {
      test::good_schema const compiled(std::string(R"({"pattern":")") + pattern + "\"}");
      check_halted(compiled.validate(quoted(300'000, 'a')), "pattern", "limit pattern_steps");
    }
  }
}

BOOST_AUTO_TEST_CASE(patterns_match_long_texts) {
  BOOST_CHECK_EQUAL(
      test::good_schema(R"({"pattern":"^[a-z]+$"})").validate(quoted(300'000, 'a')).errors, 0U);
  BOOST_CHECK_EQUAL(
      test::good_schema(R"({"pattern":"needle"})").validate(quoted(300'000, 'a')).issues[0].message,
      "must match the pattern \"needle\"");
}

BOOST_AUTO_TEST_CASE(many_costly_patterns_run_out_of_steps) {
  limits bounds;
  bounds.schema_steps = 5'000;
  test::good_schema const compiled(R"({"items":{"pattern":"^(a?){10}a{10}$"}})", {}, bounds);
  std::string document = "[" + quoted(10, 'a');
  for (int i = 0; i < 1'000; ++i)
    document += "," + quoted(10, 'a');

  check_halted(compiled.validate(document + "]"), "schema_steps", "limit schema_steps");
}

BOOST_AUTO_TEST_CASE(large_lists_are_compared_quickly) {
  std::string document = "[0";
  for (int i = 1; i < 50'000; ++i)
    document += "," + std::to_string(i);
  test::good_schema const compiled(R"({"uniqueItems":true})");

  BOOST_CHECK_EQUAL(compiled.validate(document + "]").errors, 0U);
  BOOST_CHECK_EQUAL(compiled.validate(document + ",77.0]").issues[0].rule, "uniqueItems");
}

BOOST_AUTO_TEST_SUITE_END()
