#include "engine/evaluate.hpp"
#include "engine/validator.hpp"
#include "tests/support/plan_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// What validating a namespace finds, and what is kept of it.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

struct fixture : plan_fixture {
  fixture() {
    must(files_changed(
        {good("admin/plain.json", R"({"a":1})"), good("admin/ruled.json", R"({"low":1,"high":2})"),
         good("admin/other.json", R"({"limit":3})"),
         good("schemas/admin/typed.json", R"({"properties":{"a":{"type":"string"}}})"),
         good("admin/typed.json", R"({"a":"x"})")}));
  }
  std::vector<issue> validate(std::string_view name) {
    return validate_namespace(state, policy_validator, *find_namespace(state, name), nullptr);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(validator, fixture)

BOOST_AUTO_TEST_CASE(keeps_nothing_of_namespaces_that_no_rule_reads) {
  for (auto const* const name : {"plain", "ruled", "other", "typed"})
    BOOST_TEST(validate(name).empty());

  BOOST_TEST(policy_validator.kept() == 0U);
}

BOOST_AUTO_TEST_CASE(keeps_only_what_rules_read_of_others) {
  must(files_changed({good("rules/admin/r.toml", R"({"rule":[{"name":"r","key":"ruled.low",)"
                                                 R"("check":"ruled.low <= other.limit",)"
                                                 R"("message":"too high"}]})")}));
  BOOST_REQUIRE(state.active_policy->rules.size() == 1U);

  for (auto const* const name : {"plain", "ruled", "other", "typed"})
    BOOST_TEST(validate(name).empty());

  BOOST_TEST(policy_validator.kept() <= 2U);
}

BOOST_AUTO_TEST_CASE(finds_the_errors_of_schemas_in_a_document_that_is_given) {
  boost::json::object const wrong{{"a", 1}};

  auto const found =
      validate_namespace(state, policy_validator, *find_namespace(state, "typed"), &wrong);

  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found.front().key == "typed.a");
  BOOST_TEST(
      validate_namespace(state, policy_validator, *find_namespace(state, "plain"), &wrong).empty());
}

BOOST_AUTO_TEST_SUITE_END()
