#include "engine/hidden.hpp"
#include "tests/support/plan_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// Values of files that a higher layer hides, over a model without a store.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

constexpr auto file = "admin/site.json";

struct fixture : plan_fixture {
  namespace_state const& site() const { return *find_namespace(state, "site"); }

  /// "site.tagline /admin/site.json:1 by r2 uid 1000 unset site.tagline; "
  static std::string text_of(hidden_values const& all) {
    std::string out;
    for (auto const& one : all.listed) {
      out += one.key + ' ' + one.from.path + ':' + std::to_string(one.from.at.line);
      out += one.is_removed ? " removed by " : " by ";
      if (one.override_key.empty())
        out += one.by.path + ':' + std::to_string(one.by.at.line);
      else
        out += 'r' + std::to_string(one.by.revision) + " uid " +
               std::to_string(one.by.uid.value_or(0)) + " unset " + one.override_key;
      out += "; ";
    }
    return out;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(hidden, fixture)

BOOST_AUTO_TEST_CASE(a_set_reports_the_values_of_files_that_it_hides) {
  must(files_changed({good("vendor/site.json", R"({"tagline":"v","other":"v"})"),
                      good(file, R"({"title":"t","tagline":"a"})")}));

  auto const done = must(set({{"site.tagline", "\"x\""}, {"site.new", "1"}}));

  BOOST_TEST(done.hides.count == 1U);
  BOOST_TEST(text_of(done.hides) == "site.tagline /admin/site.json:2 by r2 uid 1000 unset "
                                    "site.tagline; ");
}

BOOST_AUTO_TEST_CASE(an_override_with_the_value_of_the_file_hides_nothing) {
  must(files_changed({good(file, R"({"tagline":"a"})")}));

  BOOST_TEST(must(set({{"site.tagline", "\"a\""}})).hides.count == 0U);
}

BOOST_AUTO_TEST_CASE(a_subtree_that_is_replaced_hides_each_of_its_values) {
  must(files_changed({good(file, R"({"a":{"b":1,"c":{"d":2}}})")}));

  auto const done = must(set({{"site.a", "7"}}));

  BOOST_TEST(text_of(done.hides) == "site.a.b /admin/site.json:2 by r2 uid 1000 unset site.a; "
                                    "site.a.c.d /admin/site.json:4 by r2 uid 1000 unset site.a; ");
}

BOOST_AUTO_TEST_CASE(a_dry_run_reports_what_it_would_hide) {
  must(files_changed({good(file, R"({"tagline":"a"})")}));
  auto asked = set({{"site.tagline", "\"x\""}});
  asked.dry_run = true;

  BOOST_TEST(must(asked).hides.count == 1U);
  BOOST_TEST((find_namespace(state, "site")->overrides == nullptr));
}

BOOST_AUTO_TEST_CASE(an_edit_that_an_override_hides_is_reported) {
  must(files_changed({good(file, R"({"title":"t","tagline":"a"})")}));
  must(set({{"site.tagline", "\"x\""}}));

  auto const done = must(files_changed({good(file, R"({"title":"t","tagline":"b"})")}));

  BOOST_TEST(done.changes.empty());
  BOOST_TEST(text_of(done.without_effect) ==
             "site.tagline /admin/site.json:2 by r2 uid 1000 unset site.tagline; ");
  BOOST_TEST(done.without_effect.listed.front().time.has_value());
}

BOOST_AUTO_TEST_CASE(an_edit_that_a_higher_file_hides_is_reported) {
  must(files_changed({good("admin/site.json", R"({"tagline":"a"})"),
                      good("admin/site.d/90.json", R"({"other":1,"tagline":"z"})")}));

  auto const done = must(files_changed({good("admin/site.json", R"({"tagline":"b"})")}));

  BOOST_TEST(text_of(done.without_effect) ==
             "site.tagline /admin/site.json:1 by /admin/site.d/90.json:2; ");
}

BOOST_AUTO_TEST_CASE(values_that_an_edit_does_not_change_are_not_reported) {
  must(files_changed({good(file, R"({"title":"t","tagline":"a"})")}));
  must(set({{"site.tagline", "\"x\""}}));

  auto const done = must(files_changed({good(file, R"({"title":"u","tagline":"a"})")}));

  BOOST_TEST(done.changes.size() == 1U);
  BOOST_TEST(done.without_effect.count == 0U);
}

BOOST_AUTO_TEST_CASE(removing_a_value_below_an_override_is_reported) {
  must(files_changed({good(file, R"({"title":"t","tagline":"a"})")}));
  must(set({{"site.tagline", "\"x\""}}));

  auto const done = must(files_changed({good(file, R"({"title":"t"})")}));

  BOOST_TEST(text_of(done.without_effect) ==
             "site.tagline /admin/site.json:0 removed by r2 uid 1000 unset site.tagline; ");
}

BOOST_AUTO_TEST_CASE(layers_over_each_other_are_not_reported_at_the_first_start) {
  auto const done = must(files_changed(
      {good("vendor/site.json", R"({"tagline":"v"})"), good(file, R"({"tagline":"a"})")},
      grouping::change_per_namespace));

  BOOST_TEST(done.without_effect.count == 0U);
}

BOOST_AUTO_TEST_CASE(long_lists_are_cut_and_counted) {
  std::string content = "{";
  for (int each = 0; each < 150; ++each)
    content += (each == 0 ? "\"k" : ",\"k") + std::to_string(each) + "\":1";
  must(files_changed({good(file, content + "}")}));

  restore_request asked;
  for (int each = 0; each < 150; ++each)
    asked.overrides["site"]["k" + std::to_string(each)] = nullptr;
  auto const done = must(asked);

  BOOST_TEST(done.hides.count == 150U);
  BOOST_TEST(done.hides.listed.size() == hidden_values::most_listed);
}

BOOST_AUTO_TEST_CASE(sources_are_counted_with_their_hidden_values) {
  must(files_changed({good("vendor/site.json", R"({"tagline":"v","other":"v"})"),
                      good(file, R"({"title":"t","tagline":"a","list":[1,2]})")}));
  must(set({{"site.title", "\"x\""}, {"site.tagline", "\"a\""}}));

  auto const counts = count_hidden(site());

  BOOST_TEST(counts.at(to_source(file)).all == 3U);
  BOOST_TEST(counts.at(to_source(file)).hidden == 1U);
  BOOST_TEST(counts.at(to_source("vendor/site.json")).all == 2U);
  BOOST_TEST(counts.at(to_source("vendor/site.json")).hidden == 1U);
}

BOOST_AUTO_TEST_CASE(overrides_are_listed_with_what_they_hide) {
  must(files_changed({good(file, R"({"a":{"b":1,"c":2},"d":3})")}));
  must(set({{"site.a", "{\"b\":7}"}}));
  must(set({{"site.a.c", "8"}, {"site.e", "9"}}));

  auto const all = list_overrides(site(), {});

  BOOST_REQUIRE(all.size() == 3U);
  BOOST_TEST(all[0].key == "site.a");
  BOOST_TEST(text_of(all[0].hides) == "site.a.b /admin/site.json:2 by r2 uid 1000 unset "
                                      "site.a.b; ");
  BOOST_TEST(all[1].key == "site.a.c");
  BOOST_TEST(all[1].value == "8");
  BOOST_TEST(text_of(all[1].hides) == "site.a.c /admin/site.json:3 by r3 uid 1000 unset "
                                      "site.a.c; ");
  BOOST_TEST(all[2].hides.count == 0U);
  BOOST_TEST(list_overrides(site(), to_key("site.a.c")).size() == 1U);
  BOOST_TEST(list_overrides(site(), to_key("site.d")).empty());
}

BOOST_AUTO_TEST_CASE(the_values_of_secrets_are_not_listed) {
  must(files_changed(
      {good("schemas/admin/site.json", R"({"properties":{"password":{"x-secret":true}}})"),
       good(file, R"({"password":"p"})")}));
  must(set({{"site.password", "\"q\""}}));
  auto const one = list_overrides(site(), {}).at(0);
  BOOST_TEST(one.value.empty());
  BOOST_TEST(one.hides.count == 1U);

  must(set({{"site", "{\"password\":\"r\"}"}}));
  BOOST_TEST(list_overrides(site(), {}).at(0).value.empty());
}

BOOST_AUTO_TEST_CASE(changes_carry_the_numbers_of_overrides) {
  must(files_changed({good(file, R"({"tagline":"a","title":"t"})")}));

  auto const added = must(set({{"site.tagline", "\"x\""}, {"site.new", "1"}})).overrides;
  BOOST_REQUIRE(added.size() == 1U);
  BOOST_TEST(added[0].overrides == 2U);
  BOOST_TEST(added[0].hidden == 1U);
  BOOST_TEST((added[0].since == at()));

  // An edit may make the values equal.
  auto const equal = must(files_changed({good(file, R"({"tagline":"x","title":"t"})")})).overrides;
  BOOST_REQUIRE(equal.size() == 1U);
  BOOST_TEST(equal[0].hidden == 0U);

  auto const removed = must(unset({"site"})).overrides;
  BOOST_REQUIRE(removed.size() == 1U);
  BOOST_TEST(removed[0].overrides == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
