#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

// Blame: for each key of a namespace, who gave it its value.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr auto file = "admin/site.json";
constexpr auto schema = "schemas/admin/site.json";

struct fixture : store_fixture {
  /// "site.a=1 r2 override; ", or without a kept change "site.a=1 - admin /admin/site.json:3; "
  std::string blame(std::string_view name = "site") {
    std::string out;
    for (auto const& one : store->blame(name).value().lines) {
      out += one.key + '=' + one.value + (one.time ? " r" : " -");
      if (one.time) out += std::to_string(one.from.revision);
      out += ' ' + std::string(to_string(one.from.where));
      if (!one.from.path.empty())
        out += ' ' + one.from.path + ':' + std::to_string(one.from.at.line);
      out += "; ";
    }
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(blame, fixture)

BOOST_AUTO_TEST_CASE(each_key_has_the_newest_change_that_touched_it) {
  must(files_changed({good(file, R"({"a":1,"b":{"c":2},"e":{}})")}));
  auto asked = set({{"site.b.c", "3"}, {"site.d", "4"}});
  asked.comment = "because";
  must(asked);
  must(set({{"site.d", "5"}, {"other.x", "1"}}));
  reopen();

  BOOST_TEST(blame() == "site.a=1 r1 admin /admin/site.json:1; site.b.c=3 r2 override; "
                        "site.d=5 r3 override; site.e={} r1 admin /admin/site.json:4; ");
  auto const all = store->blame("site").value().lines;
  BOOST_TEST(all.at(1).comment == "because");
  BOOST_TEST(all.at(1).from.uid.value() == 1000U);
  BOOST_TEST((all.at(1).time == at()));
}

BOOST_AUTO_TEST_CASE(without_history_the_layers_give_the_origin) {
  must(files_changed(
      {good(file, R"({"a":1,"l":[{"x":1},[2]],"b":{"c":2,"hidden":3},"z":{"n":null}})"),
       good("vendor/site.json", R"({"a":0,"v":1,"b":{"c":0}})")}));
  auto hide = set({{"site.o.p", "1"}, {"site.v", "2"}});
  hide.hide.push_back(to_key("site.b.hidden"));
  must(hide);
  store->compact(0);
  reopen();

  BOOST_TEST(blame() == "site.a=1 - admin /admin/site.json:1; site.b.c=2 - admin "
                        "/admin/site.json:8; site.l=[{\"x\":1},[2]] - admin /admin/site.json:2; "
                        "site.o.p=1 - override; site.v=2 - override; "
                        "site.z={} - admin /admin/site.json:10; ");
  auto const all = store->blame("site").value().lines;
  for (auto const& one : all) {
    auto const why = store->explain(to_key(one.key)).layer_values;
    BOOST_TEST((one.from == why.front().from), one.key);
    BOOST_TEST(one.comment == "");
  }
}

BOOST_AUTO_TEST_CASE(defaults_come_from_the_schema) {
  must(files_changed({good(schema, R"({"properties":{"a":{"default":1},"b":{"default":2}}})")}));
  must(set({{"site.b", "3"}}));
  store->compact(1);
  BOOST_TEST(blame() == "site.a=1 - default /schemas/admin/site.json:2; site.b=3 r2 override; ");
}

BOOST_AUTO_TEST_CASE(secrets_have_no_value) {
  must(files_changed(
      {good(schema, R"({"properties":{"s":{"x-secret":true},"was":{"x-secret":true}}})")}));
  must(set({{"site.s.a", "1"}, {"site.was", "1"}, {"site.open", "1"}}));
  must(files_changed({good(schema, R"({"properties":{"s":{"x-secret":true}}})")}));
  BOOST_TEST(blame() == "site.open=1 r1 override; site.s.a= r1 override; site.was= r1 override; ");
  store->compact(0);
  BOOST_TEST(blame() == "site.open=1 - override; site.s.a= - override; site.was=1 - override; ");
}

BOOST_AUTO_TEST_CASE(a_missing_namespace_is_an_error) {
  auto const why = store->blame("site").error();
  BOOST_TEST((why.code == errc::not_found));
  BOOST_TEST(why.subject == "site");
  must(set({{"site", "{}"}}));
  BOOST_TEST(blame() == "");
}

BOOST_AUTO_TEST_CASE(keys_of_one_revision_name_their_own_files_and_lines) {
  must(files_changed(
      {good(file, R"({"a":1,"b":2})"), good("admin/theme.json", R"({"x":0,"c":3})")}));
  reopen();

  BOOST_TEST(blame() == "site.a=1 r1 admin /admin/site.json:1; site.b=2 r1 admin "
                        "/admin/site.json:2; ");
  BOOST_TEST(blame("theme") == "theme.c=3 r1 admin /admin/theme.json:2; theme.x=0 r1 admin "
                               "/admin/theme.json:1; ");
}

BOOST_AUTO_TEST_CASE(a_filtered_log_has_the_origin_of_its_first_key) {
  must(files_changed(
      {good(file, R"({"a":1,"b":2})"), good("admin/theme.json", R"({"x":0,"c":3})")}));
  reopen();

  auto const page = store->log({.prefix = to_key("theme")}, 1'000'000);

  BOOST_REQUIRE(page.changes.size() == 1U);
  auto const& one = *page.changes.front();
  BOOST_TEST(one.from.path == "/admin/theme.json");
  BOOST_TEST(one.from.at.line == 2U);
  BOOST_TEST(origin_of(one, one.keys.back()).at.line == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
