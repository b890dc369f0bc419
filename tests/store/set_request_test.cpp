#include "engine/plan.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <stdexcept>

// Transactions in the override layer: what they change, what is refused, and with which words.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

set_request also_unset(set_request made, std::initializer_list<std::string_view> keys) {
  for (auto const name : keys)
    made.unset.push_back(to_key(name));
  return made;
}

set_request hide(std::initializer_list<std::string_view> keys) {
  auto made = set({});
  for (auto const name : keys)
    made.hide.push_back(to_key(name));
  return made;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(set_request, store_fixture)

BOOST_AUTO_TEST_CASE(a_set_begins_a_namespace_and_the_last_unset_ends_it) {
  BOOST_TEST(show(must(set({{"site.a.b", "1"}})).changes) == "1: site.a.b=->1;");
  BOOST_TEST(text("site") == R"({"a":{"b":1}})");

  BOOST_TEST(show(must(unset({"site.a.b"})).changes) == "2: site.a.b=1->;");
  BOOST_TEST(text("site") == "(none)");
  BOOST_TEST(store->explain(to_key("site.a.b")).layer_values.empty());
}

BOOST_AUTO_TEST_CASE(unset_makes_lower_layers_visible) {
  must(files_changed({good("admin/site.json", R"({"a":{"b":1,"c":2}})")}));
  must(set({{"site.a", "5"}}));
  BOOST_TEST(text("site") == R"({"a":5})");

  must(unset({"site.a"}));

  BOOST_TEST(text("site") == R"({"a":{"b":1,"c":2}})");
}

BOOST_AUTO_TEST_CASE(unset_removes_the_parents_that_it_empties_and_no_others) {
  must(set({{"site.a.b.c", "1"}, {"site.a.x", "1"}, {"site.e", "{}"}}));
  must(unset({"site.a.b.c", "site.e.nothing", "site.zzz"}));
  BOOST_TEST(text("site") == R"({"a":{"x":1},"e":{}})");
  must(unset({"site.a.x"}));
  BOOST_TEST(text("site") == R"({"e":{}})");
}

BOOST_AUTO_TEST_CASE(an_object_replaces_overrides_and_merges_with_files) {
  must(files_changed({good("admin/site.json", R"({"a":{"file":1}})")}));
  must(set({{"site.a.old", "1"}}));

  must(set({{"site.a", R"({"new":1})"}}));

  BOOST_TEST(text("site") == R"({"a":{"file":1,"new":1}})");
}

BOOST_AUTO_TEST_CASE(keys_inside_a_value_are_limited_too) {
  std::string const name(253, 'x');
  auto const nested = [&name](std::string const& last) {
    return R"({")" + name + R"(":{")" + last + R"(":1}})";
  };
  must(set({{"site", nested(name)}})); // 4 + 1 + 253 + 1 + 253

  auto const refused = refusal(set({{"site", nested(name + "yz")}}));

  BOOST_TEST((refused.code == errc::limit));
  BOOST_TEST(refused.subject == "key_bytes");
  BOOST_TEST(refused.used == 514U);
  BOOST_TEST(refused.maximum == 512U);
  BOOST_TEST((refusal(set({{"site.abc", nested(name)}})).code == errc::limit));
  auto restore = restore_request{};
  restore.overrides["site"] = to_json(nested(name + "yz")).as_object();
  auto const not_restored = refusal(restore);
  BOOST_TEST((not_restored.code == errc::limit));
  BOOST_TEST(not_restored.subject == "key_bytes");
}

BOOST_AUTO_TEST_CASE(an_exception_fails_only_its_own_request) {
  model const base;
  validator policy_validator(bounds);
  plan planned(
      base, policy_validator, bounds, at(),
      [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
        throw std::runtime_error("no history today");
      });
  BOOST_TEST(planned.apply(request(set({{"site.a", "1"}}))).has_value());

  auto const failed = planned.apply(request(rollback_request{}));

  BOOST_TEST((failed.error().code == errc::store_failed));
  BOOST_TEST(failed.error().message == "no history today");
  BOOST_TEST(planned.apply(request(set({{"site.b", "1"}}))).value().revision == 2U);
  BOOST_TEST(planned.writes().changes.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_whole_namespace_may_be_an_object_only) {
  must(set({{"site.old", "1"}}));
  BOOST_TEST(show(must(set({{"site", R"({"a":1})"}})).changes) == "2: site.a=->1 site.old=1->;");
  BOOST_TEST(must(set({{"empty", "{}"}})).effectives.size() == 1U);
  BOOST_TEST(text("empty") == "{}");
  auto const refused = refusal(set({{"site", "[1]"}}));
  BOOST_TEST((refused.code == errc::bad_value));
  BOOST_TEST(refused.subject == "site");
  must(unset({"site", "empty"}));
  BOOST_TEST(text("site") == "(none)");
  BOOST_TEST(text("empty") == "(none)");
}

BOOST_AUTO_TEST_CASE(hidden_keys_have_no_value) {
  must(files_changed({good("admin/site.json", R"({"a":1,"b":{"c":2}})")}));

  BOOST_TEST(show(must(hide({"site.a", "site.b"})).changes) == "2: site.a=1-> site.b.c=2->;");
  BOOST_TEST(text("site") == "{}");
  BOOST_TEST(show(store->explain(to_key("site.a"))) == "(none): override (removed); admin 1; ");
  BOOST_TEST((refusal(hide({"site"})).code == errc::bad_value));
  must(unset({"site.a"}));
  BOOST_TEST(text("site") == R"({"a":1})");
  reopen();
  BOOST_TEST(show(store->explain(to_key("site.b.c"))) == "(none): override (removed); admin 2; ");
}

BOOST_AUTO_TEST_CASE(setting_the_effective_value_makes_an_override_without_a_revision) {
  must(files_changed({good("admin/site.json", R"({"a":1})")}));

  auto const same = must(set({{"site.a", "1"}}));

  BOOST_TEST(same.revision == 1U);
  BOOST_TEST(same.changes.empty());
  must(files_changed({good("admin/site.json", R"({"a":2})")}));
  BOOST_TEST(text("site") == R"({"a":1})");
  reopen();
  BOOST_TEST(text("site") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(values_are_read_back_exactly) {
  auto const* const value =
      R"({"big":9223372036854775807,"e":1e+300,"f":0.1,"i":1,"l":[[],{},1.0,"\u007f"],"small":-9223372036854775808})";
  must(set({{"site.v", value}}));
  reopen();
  BOOST_TEST(*store->explain(to_key("site.v")).value == value);
}

BOOST_AUTO_TEST_CASE(keys_that_overlap_are_refused) {
  auto const refused = [this](auto const& one) {
    auto const why = refusal(one);
    BOOST_TEST((why.code == errc::bad_key));
    return why.subject;
  };
  BOOST_TEST(refused(set({{"site.a", "1"}, {"site.a", "2"}})) == "site.a");
  BOOST_TEST(refused(set({{"site.a.b", "1"}, {"site.x", "1"}, {"site.a", "{}"}})) == "site.a.b");
  BOOST_TEST(refused(also_unset(set({{"site.a", "1"}}), {"site.a"})) == "site.a");
  BOOST_TEST(refused(also_unset(set({{"site.a", "{}"}, {"site.aa", "1"}}), {"site.a.b"})) ==
             "site.a.b");
  BOOST_TEST(store->revision() == 0U);
}

BOOST_AUTO_TEST_CASE(unset_of_a_subtree_comes_before_a_set_in_it) {
  must(set({{"site.a.x", "1"}, {"site.a.y", "1"}}));
  must(also_unset(set({{"site.a.z", "1"}}), {"site.a"}));
  BOOST_TEST(text("site") == R"({"a":{"z":1}})");
}

BOOST_AUTO_TEST_CASE(if_revision_must_be_the_revision) {
  must(set({{"site.a", "1"}}));
  auto request = set({{"site.a", "2"}});
  request.if_revision = 0;
  auto const refused = refusal(request);
  BOOST_TEST((refused.code == errc::conflict));
  BOOST_TEST(refused.used == 1U);
  request.if_revision = 1;
  BOOST_TEST(must(request).revision == 2U);
}

BOOST_AUTO_TEST_CASE(a_dry_run_reports_the_change_and_makes_none) {
  must(set({{"site.a", "1"}}));
  auto request = set({{"site.a", "2"}});
  request.dry_run = true;

  auto const reported = must(request);

  BOOST_TEST(reported.revision == 1U);
  BOOST_TEST(show(reported.changes) == "2: site.a=1->2;");
  BOOST_TEST(*reported.effectives.front().text == R"({"a":2})");
  BOOST_TEST(text("site") == R"({"a":1})");
  BOOST_TEST(store->revision() == 1U);
  reopen();
  BOOST_TEST(text("site") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(bad_values_are_refused) {
  BOOST_TEST((refusal(set({{"site.a", "null"}})).code == errc::bad_value));
  must(set({{"site.a", R"({"b":[1,null]})"}})); // null is a value there
  BOOST_TEST(text("site") == R"({"a":{"b":[1,null]}})");
}

BOOST_AUTO_TEST_CASE(limits_are_exact) {
  store.reset();
  bounds.value_bytes = 10;
  bounds.comment_bytes = 4;
  store = open();
  must(set({{"site.a", R"("12345678")"}}));
  auto const value = refusal(set({{"site.a", R"("123456789")"}}));
  BOOST_TEST((value.code == errc::limit));
  BOOST_TEST(value.subject == "value_bytes");
  BOOST_TEST(value.used == 11U);
  BOOST_TEST(value.maximum == 10U);

  auto request = set({{"site.a", "1"}});
  request.comment = "1234";
  must(request);
  request.comment = "12345";
  auto const comment = refusal(request);
  BOOST_TEST(comment.subject == "comment_bytes");
  BOOST_TEST(comment.used == 5U);
  request.comment = "\xff";
  BOOST_TEST((refusal(request).code == errc::bad_value));
}

BOOST_AUTO_TEST_CASE(a_change_records_who_when_and_why) {
  auto request = set({{"site.a", "1"}});
  request.comment = "because";
  must(request);
  reopen();

  auto const history = store->changes_after(0, 1'000);

  BOOST_REQUIRE_EQUAL(history.changes.size(), 1U);
  auto const& one = *history.changes.front();
  BOOST_TEST(one.comment == "because");
  BOOST_TEST((one.time == at()));
  BOOST_TEST((one.from.where == layer::overrides));
  BOOST_TEST(one.from.uid.value() == 1000U);
  BOOST_TEST(one.from.gid.value() == 1000U);
  BOOST_TEST(one.from.pid.value() == 4711);
  BOOST_TEST(one.from.unit == "some.service");
  BOOST_TEST(one.from.revision == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
