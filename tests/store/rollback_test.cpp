#include "core/json.hpp"
#include "tests/support/random_document.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

// Rollback and restore: what was comes back, by overrides alone.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr auto file = "admin/site.json";
constexpr auto schema = "schemas/admin/site.json";
constexpr auto read_only_schema = R"({"properties":{"serial":{"readOnly":true}}})";

rollback_request back_to(revision_number revision, std::string name_space = {}) {
  rollback_request made{.revision = revision, .name_space = std::move(name_space)};
  made.from.uid = 7;
  return made;
}

restore_request restored(std::string_view overrides) {
  restore_request made;
  auto const all = to_json(overrides);
  for (auto const& [name, document] : all.as_object())
    made.overrides.emplace(name, document.as_object());
  made.from.uid = 8;
  return made;
}

struct fixture : store_fixture {
  std::string why(std::string_view name) { return cfgd::test::show(store->explain(to_key(name))); }
  std::string text_or_empty(std::string const& name) {
    auto const found = store->read(name).text;
    return found && *found != "{}" ? *found : "";
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(rollback, fixture)

BOOST_AUTO_TEST_CASE(a_rollback_restores_values_in_a_new_revision) {
  must(set({{"site.a", "1"}, {"site.b.c", "2"}}));
  must(set({{"site.a", "5"}, {"site.d", "6"}}));
  must(unset({"site.b.c"}));

  auto const done = must(back_to(1));

  BOOST_TEST(show(done.changes) == "4: site.a=5->1 site.b.c=->2 site.d=6->;");
  BOOST_TEST(done.changes.front()->comment == "rollback to revision 1");
  BOOST_TEST(done.changes.front()->from.uid.value() == 7U);
  BOOST_TEST((done.changes.front()->from.where == layer::overrides));
  BOOST_TEST(text("site") == R"({"a":1,"b":{"c":2}})");
  reopen();
  BOOST_TEST(text("site") == R"({"a":1,"b":{"c":2}})");
  must(back_to(3));
  BOOST_TEST(text("site") == R"({"a":5,"d":6})");
}

BOOST_AUTO_TEST_CASE(no_override_is_made_where_files_give_the_value) {
  must(files_changed({good(file, R"({"a":1,"b":{"c":2}})")}));
  must(set({{"site.a", "5"}, {"site.b", "6"}}));

  must(back_to(1));

  BOOST_TEST(why("site.a") == "1: admin 1; ");
  BOOST_TEST(why("site.b.c") == "2: admin 2; ");
}

BOOST_AUTO_TEST_CASE(later_values_of_files_are_hidden_or_overridden) {
  must(files_changed({good(file, R"({"a":1,"l":[1]})")}));
  must(files_changed({good(file, R"({"a":2,"b":{"c":1,"d":2},"l":[1,2]})")}));

  must(back_to(1));

  BOOST_TEST(text("site") == R"({"a":1,"l":[1]})");
  BOOST_TEST(why("site.b") == R"((none): override (removed); admin {"c":1,"d":2}; )");
  must(unset({"site"}));
  BOOST_TEST(text("site") == R"({"a":2,"b":{"c":1,"d":2},"l":[1,2]})");
}

BOOST_AUTO_TEST_CASE(a_namespace_that_did_not_exist_is_emptied) {
  must(set({{"other.a", "1"}}));
  must(files_changed({good(file, R"({"a":1})"), good("admin/more.json", R"({"b":{"c":1}})")}));
  must(set({{"new.a", "1"}}));

  must(back_to(1));

  BOOST_TEST(text("site") == "{}");
  BOOST_TEST(text("more") == "{}");
  BOOST_TEST(text("new") == "(none)");
  BOOST_TEST(text("other") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(a_namespace_that_is_gone_comes_back) {
  must(files_changed({good(file, R"({"a":{"b":{}},"c":[]})")}));
  must(files_changed({gone(file)}));
  must(back_to(1));
  BOOST_TEST(text("site") == R"({"a":{"b":{}},"c":[]})");
}

BOOST_AUTO_TEST_CASE(one_namespace_can_be_rolled_back_alone) {
  must(set({{"site.a", "1"}, {"other.a", "1"}}));
  must(set({{"site.a", "2"}, {"other.a", "2"}}));

  must(back_to(1, "site"));

  BOOST_TEST(text("site") == R"({"a":1})");
  BOOST_TEST(text("other") == R"({"a":2})");
  auto const why_not = refusal(back_to(1, "nothing"));
  BOOST_TEST((why_not.code == errc::not_found));
  BOOST_TEST(why_not.subject == "nothing");
}

BOOST_AUTO_TEST_CASE(overrides_of_other_leaves_keep_their_setter) {
  must(files_changed({good(file, R"({"same":1})")}));
  must(set({{"site.same", "1"}, {"site.tree", R"({"x":1,"y":2})"}}));
  must(set({{"site.tree.x", "5"}}));

  must(back_to(2));

  BOOST_TEST(text("site") == R"({"same":1,"tree":{"x":1,"y":2}})");
  BOOST_TEST(why("site.same") == "1: override 1; admin 1; ");
  BOOST_TEST(store->explain(to_key("site.tree.y")).layer_values.front().from.uid.value() == 1000U);
  BOOST_TEST(store->explain(to_key("site.tree.x")).layer_values.front().from.uid.value() == 7U);
  BOOST_TEST(store->explain(to_key("site.tree.x")).layer_values.front().from.revision == 4U);
}

BOOST_AUTO_TEST_CASE(overrides_that_hide_a_value_are_removed) {
  must(files_changed({good(file, R"({"a":{"b":1}})")}));
  auto hide = set({});
  hide.hide.push_back(to_key("site.a"));
  must(hide);
  must(files_changed({good(file, R"({"a":{"b":1,"c":2}})")}));

  must(back_to(1));

  BOOST_TEST(text("site") == R"({"a":{"b":1}})");
  BOOST_TEST(why("site.a.b") == "1: admin 1; ");
  BOOST_TEST(why("site.a.c") == "(none): override (removed); admin 2; ");
}

BOOST_AUTO_TEST_CASE(leaves_and_objects_replace_each_other) {
  must(files_changed(
      {good(file, R"({"a":1,"b":{"x":{"y":1}},"c":{},"d":{"x":1},"e":{"f":{"g":1}}})")}));
  auto const was = text("site");
  must(files_changed({good(file, R"({"a":{"x":1},"b":5,"c":{"x":1},"d":{},"e":{"f":{}}})")}));
  auto const is = text("site");

  must(back_to(1));
  BOOST_TEST(text("site") == was);
  must(back_to(2));
  BOOST_TEST(text("site") == is);
  must(files_changed({good(file, was)}));
  must(back_to(3));
  BOOST_TEST(text("site") == was);
  must(back_to(4));
  BOOST_TEST(text("site") == is);
}

BOOST_AUTO_TEST_CASE(a_rollback_to_the_current_values_does_nothing) {
  must(set({{"site.a", "1"}}));
  auto const done = must(back_to(1));
  BOOST_TEST(done.revision == 1U);
  BOOST_TEST(done.changes.empty());
  must(files_changed({good(file, "{}")}));
  BOOST_TEST(must(back_to(1)).changes.empty());
}

BOOST_AUTO_TEST_CASE(revisions_that_are_not_kept_are_not_found) {
  for (auto const* const value : {"1", "2", "3", "4"})
    must(set({{"site.a", value}}));
  store->compact(2);

  auto const before = refusal(back_to(1));
  BOOST_TEST((before.code == errc::not_found));
  BOOST_TEST(before.used == 2U, "the state before the oldest kept change is known");
  BOOST_TEST(before.maximum == 4U);
  BOOST_TEST((refusal(back_to(5)).code == errc::not_found));
  BOOST_TEST(show(must(back_to(2)).changes) == "5: site.a=4->2;");
}

BOOST_AUTO_TEST_CASE(a_rollback_to_revision_0_removes_everything) {
  must(set({{"site.a", "1"}}));
  must(back_to(0));
  BOOST_TEST(text("site") == "(none)");
}

BOOST_AUTO_TEST_CASE(revision_and_comment_are_checked_as_in_a_set) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.a", "2"}}));

  auto dry = back_to(1);
  dry.dry_run = true;
  BOOST_TEST(show(must(dry).changes) == "3: site.a=2->1;");
  BOOST_TEST(store->revision() == 2U);
  auto late = back_to(1);
  late.if_revision = 1;
  BOOST_TEST((refusal(late).code == errc::conflict));
  auto wordy = back_to(1);
  wordy.comment = std::string(bounds.comment_bytes + 1, 'x');
  BOOST_TEST(refusal(wordy).subject == "comment_bytes");
  wordy.comment = "back";
  BOOST_TEST(must(wordy).changes.front()->comment == "back");
}

BOOST_AUTO_TEST_CASE(a_rollback_sees_revisions_of_its_own_transaction) {
  std::vector<request> const group{set({{"site.a", "1"}, {"other.x", "1"}}),
                                   set({{"site.a", "2"}}),
                                   set({{"site.a", "3"}}),
                                   back_to(2),
                                   back_to(1, "site"),
                                   back_to(99)};
  auto const decisions = store->commit(group, at());

  BOOST_TEST(show(decisions.at(3)->changes) == "4: site.a=3->2;");
  BOOST_TEST(show(decisions.at(4)->changes) == "5: site.a=2->1;");
  BOOST_TEST((decisions.at(5).error().code == errc::not_found));
  BOOST_TEST(decisions.at(5).error().maximum == 5U);
  BOOST_TEST(text("site") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(current_schemas_validate_old_values) {
  must(set({{"site.port", "0"}}));
  must(set({{"site.port", "80"}}));
  must(
      files_changed({good("schemas/admin/site.json", R"({"properties":{"port":{"minimum":1}}})")}));

  auto const why_not = refusal(back_to(1));

  BOOST_TEST((why_not.code == errc::invalid));
  BOOST_TEST(why_not.issues.size() == 1U);
  BOOST_TEST(text("site") == R"({"port":80})");
}

BOOST_AUTO_TEST_CASE(every_revision_can_be_restored_from_every_other) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    store_fixture world;
    random_document random(seed);
    std::vector<std::string> past{""};
    for (int step = 0; step < 25; ++step) {
      request asked;
      auto const what = random.below(4);
      if (what == 0) {
        asked = files_changed(
            {good(file, json::canonical(random.object(3, random_document::nulls::no)))});
      } else if (what == 1) {
        restore_request all;
        all.overrides.emplace("site", random.object(3, random_document::nulls::yes));
        asked = all;
      } else if (what == 2 && past.size() > 1) {
        asked = back_to(random.below(past.size()));
      } else {
        auto one = set({});
        one.values.emplace_back(to_key("site").child(random.name()).child(random.name()),
                                random.value(2, random_document::nulls::no));
        asked = one;
      }
      auto const decision = world.commit(asked);
      if (!decision) continue; // a key below a scalar or the like
      auto const found = world.store->read("site").text;
      auto const now = found && *found != "{}" ? *found : "";
      if (decision->revision == past.size()) past.push_back(now);
      auto const* const rolled = std::get_if<rollback_request>(&asked);
      if (rolled != nullptr) BOOST_TEST(now == past.at(rolled->revision), "seed " << seed);
    }
    for (revision_number revision = 0; revision < past.size(); revision += 3) {
      world.must(back_to(revision));
      auto const found = world.store->read("site").text;
      BOOST_TEST((found && *found != "{}" ? *found : "") == past.at(revision), "seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_restore_replaces_the_whole_override_layer) {
  must(files_changed({good(file, R"({"a":1,"b":2})")}));
  must(set({{"site.a", "5"}, {"old.x", "1"}, {"same.x", "1"}}));

  auto const done = must(restored(R"({"site":{"b":null,"c":{"d":null}},"same":{"x":1},"new":{}})"));

  BOOST_TEST(show(done.changes) == "3: old.x=1-> site.a=5->1 site.b=2-> site.c=->{};");
  BOOST_TEST(text("site") == R"({"a":1,"c":{}})");
  BOOST_TEST(text("old") == "(none)");
  BOOST_TEST(text("new") == "{}");
  BOOST_TEST(why("site.b") == "(none): override (removed); admin 2; ");
  BOOST_TEST(store->explain(to_key("same.x")).layer_values.front().from.uid.value() == 1000U);
  BOOST_TEST(store->explain(to_key("site.c")).layer_values.front().from.uid.value() == 8U);
  reopen();
  BOOST_TEST(text("site") == R"({"a":1,"c":{}})");
  must(back_to(2));
  BOOST_TEST(text("site") == R"({"a":5,"b":2})");
  BOOST_TEST(text("old") == R"({"x":1})");
}

BOOST_AUTO_TEST_CASE(a_restore_accepts_every_valid_override_layer) {
  auto unclean = restored(R"({"site":{"a":{"b":""}}})");
  unclean.overrides["site"]["a"].as_object()["b"] = "\xFF";
  BOOST_TEST(refusal(unclean).subject == "site.a.b");
  must(restored(R"({"site":{"a":{"b":[null,1]}}})"));
  BOOST_TEST(text("site") == R"({"a":{"b":[null,1]}})");
  must(restored("{}"));
  BOOST_TEST((refusal(restored(R"({"No":{}})")).code == errc::bad_key));
  auto dry = restored(R"({"site":{"a":1}})");
  dry.dry_run = true;
  BOOST_TEST(show(must(dry).changes) == "3: site.a=->1;");
  BOOST_TEST(text("site") == "(none)");
  store.reset();
  bounds.value_bytes = 4;
  store = open();
  must(restored(R"({"site":{"a":"12","b":"12"}})"));
  auto const large = refusal(restored(R"({"site":{"a":"123"}})"));
  BOOST_TEST(large.subject == "value_bytes");
  BOOST_TEST(large.used == 5U);
}

BOOST_AUTO_TEST_CASE(a_rollback_leaves_read_only_keys_as_they_are) {
  must(files_changed({good(schema, read_only_schema), good(file, R"({"a":1,"serial":1})")}));
  must(files_changed({good(file, R"({"a":2,"serial":2})")}));

  auto const done = must(back_to(1));

  BOOST_TEST(text("site") == R"({"a":1,"serial":2})");
  BOOST_REQUIRE_EQUAL(done.warnings.size(), 1U);
  BOOST_TEST(to_string(done.warnings[0]) ==
             "/schemas/admin/site.json:3:1: warning: site.serial: is read-only and was left as it "
             "is [readOnly]");
  must(files_changed({good(file, R"({"a":3,"serial":3})")}));
  BOOST_TEST(text("site") == R"({"a":1,"serial":3})");
  must(files_changed({good(file, R"({"a":3})")}));
  must(back_to(1));
  BOOST_TEST(text("site") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(a_rollback_of_read_only_keys_alone_changes_nothing) {
  must(files_changed({good(schema, read_only_schema), good(file, R"({"serial":1})")}));
  must(files_changed({good(file, R"({"serial":2})")}));

  auto const done = must(back_to(1));

  BOOST_TEST(done.changes.empty());
  BOOST_TEST(done.revision == 2U);
  BOOST_TEST(done.warnings.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_restore_leaves_the_overrides_of_read_only_keys) {
  must(set({{"site.serial", "1"}, {"site.a", "1"}}));
  must(files_changed({good(schema, read_only_schema)}));

  auto const done = must(restored(R"({"site":{"a":5,"serial":9}})"));

  BOOST_TEST(text("site") == R"({"a":5,"serial":1})");
  BOOST_REQUIRE_EQUAL(done.warnings.size(), 1U);
  BOOST_TEST(done.warnings[0].key == "site.serial");
  must(restored("{}"));
  BOOST_TEST(text("site") == R"({"serial":1})");
  must(files_changed({gone(schema)}));
  must(restored("{}"));
  BOOST_TEST(text("site") == "(none)");
  must(files_changed({good(schema, read_only_schema)}));
  must(restored(R"({"site":{"serial":9}})"));
  BOOST_TEST(text("site") == "{}");
}

BOOST_AUTO_TEST_SUITE_END()
