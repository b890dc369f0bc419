#include "engine/secret_changes.hpp"
#include "tests/support/plan_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

// Which namespaces have secrets, for those who seal them.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

constexpr char const* with_secret = R"({"properties":{"pw":{"x-secret":true}}})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(secret_changes, plan_fixture)

BOOST_AUTO_TEST_CASE(a_namespace_has_secrets_as_long_as_its_schema_declares_them) {
  must(files_changed(
      {good("schemas/admin/n.json", with_secret), good("schemas/admin/m.json", "{}")}));
  BOOST_TEST(namespaces_with_secrets(state) == std::vector<std::string>{"n"},
             boost::test_tools::per_element());
  BOOST_TEST(written.with_secrets == std::vector<std::string>{"n"},
             boost::test_tools::per_element());

  must(files_changed({good("schemas/admin/n.json", "{}")}));
  BOOST_TEST(namespaces_with_secrets(state).empty());
  BOOST_TEST(written.with_secrets.empty());
}

BOOST_AUTO_TEST_CASE(a_change_names_the_namespaces_with_secrets_that_it_touches) {
  must(files_changed({good("schemas/admin/n.json", with_secret)}));
  must(set({{"m.a", "1"}}));
  BOOST_TEST(written.with_secrets.empty());
  must(set({{"n.pw", "\"x\""}}));
  BOOST_TEST(written.with_secrets.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
