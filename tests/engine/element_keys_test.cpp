#include "engine/hidden.hpp"
#include "engine/model.hpp"
#include "tests/support/plan_fixture.hpp"
#include "tests/support/schemas.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <ostream>
#include <string>

// Arrays whose elements are merged by a member ("x-key"), over a model without a store.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;
namespace data = boost::unit_test::data;

constexpr auto schema_file = "schemas/admin/site.json";
constexpr auto schema_text = R"({"properties":{"nav":{"type":"array","x-key":"name",
    "items":{"properties":{"url":{"type":"string","maxLength":5},
      "ports":{"x-key":"port","items":{"type":"object"}}}}}}})";
constexpr auto vendor = "vendor/site.json";
constexpr auto admin = "admin/site.json";

struct fixture : plan_fixture {
  fixture() { must(files_changed({good(schema_file, schema_text)})); }

  void layers(std::string_view lower, std::string_view higher) {
    must(files_changed({good(vendor, lower), good(admin, higher)}));
  }

  namespace_state const& site() const { return *find_namespace(state, "site"); }

  /// "VALUE < /admin/site.json:3 VALUE < ..."; "-" for no value.
  std::string explained(std::string_view which) const {
    auto const found = explain(site(), to_key(which));
    auto out = found.value.value_or("-");
    for (auto const& one : found.layer_values)
      out += " < " + one.from.path + ':' + std::to_string(one.from.at.line) + ' ' +
             one.value.value_or("-");
    return out;
  }
};

struct layer_case {
  std::string_view lower;
  std::string_view higher;
  std::string_view effective;
};
std::ostream& operator<<(std::ostream& out, layer_case const& one) {
  return out << one.lower << " + " << one.higher;
}

constexpr layer_case cases[] = {
    // Elements of the same name merge, in the order of the lower layer; new ones follow.
    {R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/b"}]})",
     R"({"nav":[{"name":"c","url":"/c"},{"name":"b","url":"/x","new":1}]})",
     R"({"nav":[{"name":"a","url":"/a"},{"name":"b","new":1,"url":"/x"},{"name":"c","url":"/c"}]})"},
    {R"({"nav":[{"name":"a","url":"/a"}]})", R"({"nav":[]})",
     R"({"nav":[{"name":"a","url":"/a"}]})"},
    {R"({"nav":[]})", R"({"other":1})", R"({"nav":[],"other":1})"},
    // As an object from name to element, where null removes one; the order stays.
    {R"({"nav":[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]})", R"({"nav":{"b":null}})",
     R"({"nav":[{"name":"a"},{"name":"c"},{"name":"d"}]})"},
    {R"({"nav":[{"name":"a","url":"/a"}]})", R"({"nav":{"a":{"url":null,"x":1},"b":{"url":"/b"}}})",
     R"({"nav":[{"name":"a","x":1},{"name":"b","url":"/b"}]})"},
    {R"({"nav":[{"name":"a","url":"/a"}]})", R"({"nav":null})", "{}"},
    // Names may be numbers, and elements may have such arrays in them.
    {R"({"nav":[{"name":1,"ports":[{"port":80,"tls":false},{"port":81}]}]})",
     R"({"nav":[{"name":1,"ports":[{"port":80,"tls":true}]}]})",
     R"({"nav":[{"name":1,"ports":[{"port":80,"tls":true},{"port":81}]}]})"},
    // Other arrays are one value.
    {R"({"list":[{"name":"a"}]})", R"({"list":[{"name":"b"}]})", R"({"list":[{"name":"b"}]})"},
};

struct fault_case {
  std::string_view file;
  std::string_view key;
  std::string_view message;
  std::uint32_t line;
};
std::ostream& operator<<(std::ostream& out, fault_case const& one) { return out << one.file; }

constexpr fault_case faults[] = {
    {R"({"nav":[{"name":"a"},{"url":"/b"}]})", "site.nav", "element 1 has no member 'name'", 4},
    {R"({"nav":[{"name":"a"},{"name":"b"},{"name":"a"}]})", "site.nav",
     "element 2 has the same 'name' as element 0", 6},
    {R"({"nav":[{"name":"1"},{"name":1}]})", "site.nav",
     "element 1 has the same 'name' as element 0", 4},
    {R"({"nav":["a"],"x":1})", "site.nav", "element 0 must be an object with a member 'name'", 2},
    {R"({"nav":[{"name":[]}]})", "site.nav",
     "element 0: 'name' must be a string, a number or a boolean", 2},
    {R"({"nav":[{"name":"a","ports":[{"port":1},{"port":1}]}]})", "site.nav",
     "element 1 has the same 'port' as element 0", 7},
    {R"({"nav":{"a":1}})", "site.nav.a", "the element 'a' must be an object", 2},
    {R"({"nav":{"a":{"name":"b"}}})", "site.nav.a", "the element 'a' has another 'name'", 2},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(element_keys, fixture)

BOOST_DATA_TEST_CASE_F(fixture, layers_are_merged_by_name, data::make(cases), one) {
  layers(one.lower, one.higher);

  BOOST_TEST(text("site") == one.effective);
}

BOOST_DATA_TEST_CASE_F(fixture, a_faulty_array_is_rejected_with_its_place, data::make(faults),
                       one) {
  must(files_changed({good(vendor, R"({"x":1})")}));

  must(files_changed({good(admin, one.file)}));

  BOOST_TEST((status(admin) == source_status::quarantined));
  auto const& why = find_source(state, to_source(admin))->row.why;
  BOOST_REQUIRE(why.has_value());
  BOOST_REQUIRE(!why->issues.empty());
  auto const& found = why->issues.front();
  BOOST_TEST(found.rule == "x-key");
  BOOST_TEST(found.key == one.key);
  BOOST_TEST(found.message == one.message);
  BOOST_TEST(found.path == "/admin/site.json");
  BOOST_TEST(found.where.line == one.line);
  BOOST_TEST(text("site") == R"({"x":1})");
}

BOOST_AUTO_TEST_CASE(a_schema_that_the_files_do_not_fit_is_rejected) {
  must(files_changed({good(schema_file, "{}")}));
  must(files_changed({good(admin, R"({"nav":[{"name":"a"},{"name":"a"}]})")}));

  must(files_changed({good(schema_file, schema_text)}));

  BOOST_TEST((status(schema_file) == source_status::quarantined));
}

BOOST_AUTO_TEST_CASE(a_changed_schema_merges_again) {
  layers(R"({"nav":[{"name":"a","url":"/a"}]})", R"({"nav":[{"name":"b"}]})");
  BOOST_TEST(text("site") == R"({"nav":[{"name":"a","url":"/a"},{"name":"b"}]})");

  must(files_changed({good(schema_file, "{}")}));

  BOOST_TEST(text("site") == R"({"nav":[{"name":"b"}]})");
}

BOOST_AUTO_TEST_CASE(defaults_are_merged_too) {
  must(files_changed({good(schema_file, R"({"properties":{"nav":{"x-key":"name",
      "default":[{"name":"a","url":"/a"}]}}})")}));

  must(files_changed({good(admin, R"({"nav":[{"name":"a","new":1}]})")}));

  BOOST_TEST(text("site") == R"({"nav":[{"name":"a","new":1,"url":"/a"}]})");
}

BOOST_AUTO_TEST_CASE(an_override_sets_a_member_of_an_element) {
  layers(R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/b"}]})", R"({"x":1})");

  auto const done = must(set({{"site.nav.b.url", R"("/y")"}, {"site.nav.c", "{}"}}));

  BOOST_TEST(text("site") == R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/y"},)"
                             R"({"name":"c"}],"x":1})");
  BOOST_TEST(done.changes.front()->keys.front().key == "site.nav");
  BOOST_REQUIRE(done.hides.count == 1U);
  BOOST_TEST(done.hides.listed.front().key == "site.nav.b.url");
  BOOST_TEST(done.hides.listed.front().from.at.line == 7U);
  must(unset({"site.nav.b.url", "site.nav.c"}));
  BOOST_TEST(text("site") == R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/b"}],"x":1})");
}

BOOST_AUTO_TEST_CASE(an_array_that_is_set_by_a_call_is_the_whole_array) {
  layers(R"({"nav":[{"name":"a"}]})", R"({"nav":[{"name":"b"}]})");

  must(set({{"site.nav", R"([{"name":"c"},{"name":"a"}])"}}));

  BOOST_TEST(text("site") == R"({"nav":[{"name":"c"},{"name":"a"}]})");
  auto const why = refusal(set({{"site.nav", R"([{"name":"c"},{"name":"c"}])"}}));
  BOOST_TEST(why.message == "site.nav: element 1 has the same 'name' as element 0");
}

BOOST_AUTO_TEST_CASE(a_rollback_restores_the_array) {
  layers(R"({"nav":[{"name":"a","url":"/a"},{"name":"b"}]})", R"({"nav":[{"name":"c"}]})");
  auto const before = text("site");

  // One transaction: the history of the fixture is empty.
  auto const wanted = state.revision + 1;
  auto const done = decide_together({set({{"site.nav.b.url", R"("/1")"}}),
                                     set({{"site.nav.d", "{}"}}), set({{"site.nav", "[]"}}),
                                     rollback_request{.revision = wanted, .name_space = "site"}});

  for (auto const& one : done)
    BOOST_REQUIRE_MESSAGE(one, (one ? "" : one.error().message));
  BOOST_TEST(text("site") ==
             R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/1"},{"name":"c"}]})");
  BOOST_TEST(text("site") != before);
}

BOOST_AUTO_TEST_CASE(explain_names_the_place_of_an_element_in_each_layer) {
  layers(R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/b"}]})",
         R"({"x":1,"nav":[{"name":"b","url":"/y"}]})");

  BOOST_TEST(explained("site.nav.a.url") == R"("/a" < /vendor/site.json:4 "/a")");
  BOOST_TEST(explained("site.nav.b.url") ==
             R"("/y" < /admin/site.json:5 "/y" < /vendor/site.json:7 "/b")");
  BOOST_TEST(explained("site.nav") ==
             R"([{"name":"a","url":"/a"},{"name":"b","url":"/y"}])"
             R"( < /admin/site.json:2 [{"name":"b","url":"/y"}])"
             R"( < /vendor/site.json:1 [{"name":"a","url":"/a"},{"name":"b","url":"/b"}])");
}

BOOST_AUTO_TEST_CASE(an_issue_has_the_place_of_its_element) {
  layers(R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/b"}]})", R"({"x":1})");

  must(files_changed({good(admin, R"({"x":1,"nav":[{"name":"b","url":"/too/long"}]})")}));

  auto const& why = find_source(state, to_source(admin))->row.why;
  BOOST_REQUIRE(why.has_value());
  auto const& found = why->issues.at(0);
  BOOST_TEST(found.pointer == "/nav/1/url");
  BOOST_TEST(found.key == "site.nav");
  BOOST_TEST(found.path == "/admin/site.json");
  BOOST_TEST(found.where.line == 5U);
}

BOOST_AUTO_TEST_CASE(only_members_that_a_higher_layer_sets_are_hidden) {
  layers(R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/b"}]})",
         R"({"nav":[{"name":"b","url":"/y"}]})");

  BOOST_TEST(count_hidden(site()).at(to_source(vendor)).hidden == 1U);
}

BOOST_AUTO_TEST_CASE(an_array_that_is_set_by_a_call_hides_what_it_changes_or_removes) {
  layers(R"({"nav":[{"name":"a","url":"/a"},{"name":"b","url":"/b"}]})", R"({"x":1})");

  auto const hides = must(set({{"site.nav", R"([{"name":"a","url":"/x"}])"}})).hides;

  BOOST_REQUIRE(hides.count == 3U);
  BOOST_TEST(hides.listed[0].key == "site.nav.a.url");
  BOOST_TEST(hides.listed[1].key == "site.nav.b.name");
  BOOST_TEST(hides.listed[2].key == "site.nav.b.url");
  BOOST_TEST(hides.listed[0].override_key == "site.nav");
  BOOST_TEST(count_hidden(site()).at(to_source(vendor)).hidden == 3U);
  BOOST_TEST(summarize_overrides(site()).hidden == 3U);

  auto const edited = must(files_changed(
      {good(vendor, R"({"nav":[{"name":"a","url":"/x"},{"name":"b","url":"/c"}]})")}));

  BOOST_REQUIRE(edited.without_effect.count == 1U);
  BOOST_TEST(edited.without_effect.listed.front().key == "site.nav.b.url");
}

BOOST_AUTO_TEST_CASE(a_schema_names_a_member) {
  auto const rejected = [](char const* schema) {
    auto const compiled = schema_shelf(schema).compile();
    return compiled ? std::string() : compiled.error().message;
  };

  BOOST_TEST(rejected(R"({"properties":{"a":{"x-key":1}}})") == "must be the name of a member");
  BOOST_TEST(rejected(R"({"properties":{"a":{"x-key":""}}})") == "must be the name of a member");
  BOOST_TEST(rejected(R"({"x-key":"name"})") == "a namespace is not an array");
  BOOST_TEST(rejected(R"({"properties":{"a":{"x-key":"n","default":[{"n":1},{"n":1}]}}})") ==
             "the default: element 1 has the same 'n' as element 0");
  BOOST_TEST(!good_schema(R"({"properties":{"a":{"type":"array"}}})")->has_element_keys());
}

BOOST_AUTO_TEST_CASE(the_secrets_of_elements_stay_secret) {
  good_schema const schema(R"({"properties":{"users":{"x-key":"name",
      "items":{"properties":{"password":{"x-secret":true}}}}}})");

  BOOST_TEST(schema->is_secret(split_dotted("users").value()));
  BOOST_TEST(schema->is_secret(split_dotted("users.root.password").value()));
}

BOOST_AUTO_TEST_SUITE_END()
