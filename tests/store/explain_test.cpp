#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  std::string why(std::string_view which) { return show(store->explain(to_key(which))); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(explain, fixture)

BOOST_AUTO_TEST_CASE(every_source_is_listed_the_topmost_first) {
  must(set({{"site.a.b", "3"}}));
  must(files_changed(
      {good("vendor/site.json", R"({"a":{"b":1}})"), good("admin/site.json", R"({"a":{"b":2}})"),
       good("admin/site.d/x.json", R"({"a":{"b":null}})"), good("runtime/site.json", R"({"a":5})"),
       good("environment/site", R"({"z":1})")}));

  BOOST_TEST(why("site.a.b") ==
             "3: override 3; runtime (removed); admin (removed); admin 2; vendor 1; ");
  BOOST_TEST(why("site.z") == "1: environment 1; ");
  BOOST_TEST(why("site.a") == R"({"b":3}: override {"b":3}; runtime 5; admin {"b":null}; )"
                              R"(admin {"b":2}; vendor {"b":1}; )");
}

BOOST_AUTO_TEST_CASE(a_key_that_no_layer_sets_has_no_values) {
  must(set({{"site.a", "3"}}));
  BOOST_TEST(why("site.b") == "(none): ");
  BOOST_TEST(why("other.b") == "(none): ");
  BOOST_TEST(store->explain(to_key("other.b")).revision == 1U);
}

BOOST_AUTO_TEST_CASE(a_whole_namespace_can_be_explained) {
  must(files_changed(
      {good("admin/site.json", R"({"a":1})"), refused("vendor/site.json", "{", "cut off")}));
  must(set({{"site.b", "2"}}));
  BOOST_TEST(why("site") == R"({"a":1,"b":2}: override {"b":2}; admin {"a":1}; )");
}

BOOST_AUTO_TEST_CASE(each_value_has_its_place_and_revision) {
  must(files_changed({good("admin/other.json", R"({"a":1})")}));
  must(files_changed({good("admin/site.json", R"({"x":[1,2],"a":{"b":2}})")}));
  must(set({{"site.x", "3"}}));

  auto const from = store->explain(to_key("site.a.b")).layer_values.at(0).from;

  BOOST_TEST(from.path == "/admin/site.json");
  BOOST_TEST(from.at.line == 5U);
  BOOST_TEST(from.revision == 2U);
}

BOOST_AUTO_TEST_CASE(an_override_has_its_last_setter) {
  auto const by = [this](std::string_view which) {
    return store->explain(to_key(which)).layer_values.at(0).from.uid.value();
  };
  auto request = set({{"site.a", R"({"b":1,"c":1})"}});
  request.from.uid = 1;
  must(request);
  request = set({{"site.a.b", "2"}});
  request.from.uid = 2;
  must(request);
  reopen();

  BOOST_TEST(by("site.a.b") == 2U);
  BOOST_TEST(by("site.a.c") == 1U);
  BOOST_TEST(by("site.a") == 2U);
  BOOST_TEST(by("site") == 2U);
  must(unset({"site.a.b"}));
  BOOST_TEST(by("site.a") == 1U);
  request = set({{"site.a", R"({"c":1})"}});
  request.from.uid = 3;
  must(request);
  BOOST_TEST(by("site.a") == 1U, "the same value was set before");
}

BOOST_AUTO_TEST_SUITE_END()
