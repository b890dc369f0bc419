#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

// Pending changes: how they are listed, and what is left when they end.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;
using namespace std::chrono_literals;

template <class Request>
Request ending_in(Request asked, std::chrono::milliseconds after,
                  expiry::kind what = expiry::kind::confirm) {
  asked.ends = expiry{.what = what, .after = after};
  return asked;
}

pending_request now(revision_number revision, pending_request::action what) {
  return {.revision = revision, .what = what};
}
pending_request end_of(revision_number revision) {
  return now(revision, pending_request::action::end);
}

/// "2 confirm site.a site.b; "
std::string show(std::vector<pending_change> const& all) {
  std::string out;
  for (auto const& one : all) {
    out += std::to_string(one.revision) + ' ' + std::string(to_string(one.what));
    for (auto const& key : one.keys)
      out += ' ' + key;
    out += "; ";
  }
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(pending, store_fixture)

BOOST_AUTO_TEST_CASE(a_pending_change_is_recorded_and_listed) {
  must(set({{"site.a", "1"}, {"site.b", "1"}}));
  auto asked = ending_in(unset({"site.b"}), 60s);
  asked.values.emplace_back(to_key("site.a"), to_json("2"));
  asked.comment = "a try";

  auto const done = must(asked);

  BOOST_TEST((done.deadline == at(60'000)));
  BOOST_REQUIRE(done.pending.has_value());
  BOOST_TEST(cfgd::test::show(done.changes) == "2: site.a=1->2 site.b=1->;");
  reopen();
  auto const waiting = store->pending();
  BOOST_TEST(show(waiting) == "2 confirm site.a site.b; ");
  BOOST_TEST(show(*done.pending) == show(waiting));
  BOOST_TEST((waiting.front().deadline == at(60'000)));
  BOOST_TEST(waiting.front().comment == "a try");
  BOOST_TEST(waiting.front().from.uid.value() == 1000U);
  BOOST_TEST(waiting.front().from.revision == 2U);
}

BOOST_AUTO_TEST_CASE(ending_a_pending_change_undoes_it) {
  must(set({{"site.a", "1"}, {"site.b.c", "1"}}));
  auto asked = ending_in(unset({"site.b"}), 60s);
  asked.values.emplace_back(to_key("site.a"), to_json("2"));
  asked.values.emplace_back(to_key("other.x"), to_json("2"));
  must(asked);
  reopen();

  auto const done = must(end_of(2));

  BOOST_TEST(cfgd::test::show(done.changes) == "3: other.x=2-> site.a=2->1 site.b.c=->1;");
  BOOST_TEST(done.changes.front()->comment == "revision 2 was not confirmed");
  BOOST_TEST((done.changes.front()->from.where == layer::overrides));
  BOOST_TEST(done.changes.front()->from.uid.value() == 1000U);
  BOOST_TEST(done.changes.front()->from.revision == 3U);
  BOOST_TEST(done.pending.value().empty());
  BOOST_TEST(text("other") == "(none)");
  BOOST_TEST(store->explain(to_key("site.a")).layer_values.front().from.revision == 1U);
  reopen();
  BOOST_TEST(store->pending().empty());
  BOOST_TEST(text("site") == R"({"a":1,"b":{"c":1}})");
}

BOOST_AUTO_TEST_CASE(an_expired_change_says_so_in_the_comment) {
  must(ending_in(set({{"site.a", "2"}}), 60s, expiry::kind::expire));
  BOOST_TEST(show(store->pending()) == "1 expire site.a; ");
  BOOST_TEST(must(end_of(1)).changes.front()->comment == "revision 1 expired");
}

BOOST_AUTO_TEST_CASE(a_confirmed_change_is_permanent) {
  must(ending_in(set({{"site.a", "2"}}), 60s));

  auto const done = must(now(1, pending_request::action::confirm));

  BOOST_TEST(done.revision == 1U);
  BOOST_TEST(done.changes.empty());
  BOOST_TEST(done.pending.value().empty());
  auto const again = refusal(end_of(1));
  BOOST_TEST((again.code == errc::not_found));
  BOOST_TEST(again.subject == "1");
  reopen();
  BOOST_TEST(store->pending().empty());
  BOOST_TEST(text("site") == R"({"a":2})");
}

BOOST_AUTO_TEST_CASE(it_lists_its_namespaces_and_history_has_its_outcome) {
  must(ending_in(set({{"site.a", "2"}, {"other.b", "2"}}), 60s));
  BOOST_TEST((store->pending().front().namespaces == std::vector<std::string>{"other", "site"}));

  auto confirmed = now(1, pending_request::action::confirm);
  confirmed.from.uid = 7;
  must(confirmed);

  reopen();
  auto const newest = store->log({}, 1024).changes.front();
  BOOST_TEST(newest->revision == 1U);
  BOOST_TEST(newest->comment == "[confirmed by uid 7]");
  BOOST_TEST(newest->keys.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_deadline_can_be_extended_and_the_next_one_is_first) {
  must(ending_in(set({{"site.a", "1"}}), 60s));
  must(ending_in(set({{"site.b", "1"}}), 90s));

  auto later = now(1, pending_request::action::extend);
  later.deadline = at(120'000);
  auto const done = must(later);

  BOOST_TEST(show(done.pending.value()) == "2 confirm site.b; 1 confirm site.a; ");
  reopen();
  BOOST_TEST((store->pending().back().deadline == at(120'000)));
  later.deadline = at() + bounds.pending_change_time + 1ms;
  BOOST_TEST(refusal(later).subject == "pending_change_time");
}

BOOST_AUTO_TEST_CASE(later_writes_of_others_stay) {
  must(set({{"site.kept", "1"}, {"site.a", "1"}, {"site.b", "1"}, {"site.tree", R"({"w":1})"}}));
  must(ending_in(set({{"site.a", "2"}, {"site.b", "2"}, {"site.c", "2"}, {"site.tree.x", "2"}}),
                 60s));
  must(set({{"site.b", "3"}, {"site.kept", "3"}, {"site.tree.y", "3"}}));

  auto const done = must(end_of(2));

  BOOST_TEST(cfgd::test::show(done.changes) == "4: site.a=2->1 site.c=2-> site.tree.x=2->;");
  BOOST_TEST(text("site") == R"({"a":1,"b":3,"kept":3,"tree":{"w":1,"y":3}})");
  BOOST_TEST(store->explain(to_key("site.a")).layer_values.front().from.revision == 1U);
}

BOOST_AUTO_TEST_CASE(an_end_with_nothing_left_to_undo_makes_no_revision) {
  must(ending_in(set({{"site.a", "2"}}), 60s));
  must(set({{"site.a", "3"}}));
  auto const done = must(end_of(1));
  BOOST_TEST(done.changes.empty());
  BOOST_TEST(done.revision == 2U);
  BOOST_TEST(done.pending.value().empty());
}

BOOST_AUTO_TEST_CASE(overlapping_changes_are_undone_in_any_order) {
  must(set({{"site.a", "1"}, {"site.b", "1"}}));
  must(ending_in(set({{"site.a", "2"}}), 60s));
  must(ending_in(set({{"site.b", "3"}}), 60s));

  must(end_of(2));
  BOOST_TEST(text("site") == R"({"a":1,"b":3})");
  must(end_of(3));
  BOOST_TEST(text("site") == R"({"a":1,"b":1})");
}

BOOST_AUTO_TEST_CASE(hidden_keys_are_visible_again) {
  must(files_changed({good("admin/site.json", R"({"a":1})")}));
  auto asked = ending_in(set({}), 60s);
  asked.hide.push_back(to_key("site.a"));
  must(asked);
  BOOST_TEST(show(store->pending()) == "2 confirm site.a; ");
  must(end_of(2));
  BOOST_TEST(text("site") == R"({"a":1})");
  BOOST_TEST(store->explain(to_key("site.a")).layer_values.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_rollback_can_be_pending) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.a", "2"}}));
  auto const done = must(ending_in(rollback_request{.revision = 1}, 60s));
  BOOST_TEST((done.deadline == at(60'000)));
  BOOST_TEST(store->pending().front().comment == "rollback to revision 1");
  must(end_of(3));
  BOOST_TEST(text("site") == R"({"a":2})");
}

BOOST_AUTO_TEST_CASE(a_pending_change_without_effect_is_not_made) {
  must(files_changed({good("admin/site.json", R"({"a":1})")}));
  auto const done = must(ending_in(set({{"site.a", "1"}}), 60s));
  BOOST_TEST(done.revision == 1U);
  BOOST_TEST(!done.deadline.has_value());
  BOOST_TEST(store->pending().empty());
  BOOST_TEST(store->explain(to_key("site.a")).layer_values.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_dry_run_makes_nothing_pending) {
  auto asked = ending_in(set({{"site.a", "1"}}), 60s);
  asked.dry_run = true;
  must(asked);
  BOOST_TEST(store->pending().empty());
}

BOOST_AUTO_TEST_CASE(limits_reject_before_anything_is_done) {
  store.reset();
  bounds.pending_changes = 2;
  store = open();
  must(ending_in(set({{"site.a", "1"}}), 60s));
  must(ending_in(set({{"site.b", "1"}}), bounds.pending_change_time));

  auto const many = refusal(ending_in(set({{"site.c", "1"}}), 60s));
  BOOST_TEST((many.code == errc::limit));
  BOOST_TEST(many.subject == "pending_changes");
  BOOST_TEST(many.used == 2U);
  must(now(1, pending_request::action::confirm));
  auto const late = refusal(ending_in(set({{"site.c", "1"}}), bounds.pending_change_time + 1ms));
  BOOST_TEST(late.subject == "pending_change_time");
  BOOST_TEST(late.used == 720U * 3600U + 1U);
  BOOST_TEST(late.maximum == 720U * 3600U);
  BOOST_TEST(text("site") == R"({"a":1,"b":1})");
}

BOOST_AUTO_TEST_CASE(a_change_whose_end_the_schema_rejects_stays_pending) {
  must(set({{"site.port", "0"}}));
  must(ending_in(set({{"site.port", "80"}}), 60s));
  must(
      files_changed({good("schemas/admin/site.json", R"({"properties":{"port":{"minimum":1}}})")}));

  auto const why = refusal(end_of(2));

  BOOST_TEST((why.code == errc::invalid));
  BOOST_TEST(why.issues.size() == 1U);
  BOOST_TEST(text("site") == R"({"port":80})");
  BOOST_TEST(show(store->pending()) == "2 confirm site.port; ");
  reopen();
  BOOST_TEST(show(store->pending()) == "2 confirm site.port; ");
  BOOST_TEST(text("site") == R"({"port":80})");

  must(files_changed({gone("schemas/admin/site.json")}));
  must(end_of(2));
  BOOST_TEST(text("site") == R"({"port":0})");
  BOOST_TEST(store->pending().empty());
}

BOOST_AUTO_TEST_CASE(an_undone_change_does_not_return_with_a_later_end) {
  must(set({{"site.a", "1"}}));
  must(ending_in(set({{"site.a", "2"}, {"site.b", "2"}}), 2s));
  must(ending_in(set({{"site.a", "3"}, {"site.c", "3"}}), 4s));

  must(end_of(2));
  BOOST_TEST(text("site") == R"({"a":3,"c":3})");
  reopen();
  BOOST_TEST(show(store->pending()) == "3 confirm site.a site.c; ");
  must(end_of(3));

  BOOST_TEST(text("site") == R"({"a":1})");
  BOOST_TEST(store->explain(to_key("site.a")).layer_values.front().from.revision == 1U);
}

BOOST_AUTO_TEST_CASE(a_confirmed_change_returns_with_a_later_end) {
  must(set({{"site.a", "1"}}));
  must(ending_in(set({{"site.a", "2"}}), 2s));
  must(ending_in(set({{"site.a", "3"}}), 4s));
  must(now(2, pending_request::action::confirm));
  must(end_of(3));
  BOOST_TEST(text("site") == R"({"a":2})");
}

BOOST_AUTO_TEST_CASE(a_permanent_set_of_the_same_value_keeps_it) {
  must(ending_in(set({{"site.a", "1"}, {"site.b", "1"}, {"site.c.d", "1"}}), 60s,
                 expiry::kind::expire));
  auto asked = set({{"site.a", "1"}, {"site.c", R"({"d":1})"}});
  asked.from.uid = 1001;
  auto const same = must(asked);
  BOOST_TEST(same.revision == 1U);
  BOOST_TEST(same.changes.empty());
  reopen();

  BOOST_TEST(cfgd::test::show(must(end_of(1)).changes) == "2: site.b=1->;");

  BOOST_TEST(text("site") == R"({"a":1,"c":{"d":1}})");
  BOOST_TEST(store->explain(to_key("site.a")).layer_values.front().from.uid.value() == 1001U);
}

BOOST_AUTO_TEST_CASE(the_same_writer_can_keep_it_at_the_same_time) {
  std::vector<request> const group{ending_in(set({{"site.a", "1"}}), 60s), set({{"site.a", "1"}}),
                                   set({{"site.a", "1"}})};
  for (auto const& done : store->commit(group, at()))
    BOOST_TEST(done.has_value());
  BOOST_TEST(must(end_of(1)).changes.empty());
  BOOST_TEST(text("site") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(another_pending_set_of_the_same_value_keeps_nothing) {
  must(ending_in(set({{"site.a", "1"}}), 60s));
  must(ending_in(set({{"site.a", "1"}, {"site.b", "1"}}), 60s));
  must(end_of(2));
  BOOST_TEST(text("site") == R"({"a":1})");
  must(end_of(1));
  BOOST_TEST(text("site") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_rollback_to_it_confirms_it_where_it_rolls_back) {
  must(ending_in(set({{"site.a", "1"}, {"other.a", "1"}}), 60s));
  must(ending_in(set({{"site.b", "1"}}), 60s));

  auto const done = must(rollback_request{.revision = 1, .name_space = "site"});

  BOOST_TEST(show(done.pending.value()) == "1 confirm other.a; ");
  reopen();
  BOOST_TEST(show(store->pending()) == "1 confirm other.a; ");
  must(end_of(1));
  BOOST_TEST(text("site") == R"({"a":1})");
  BOOST_TEST(text("other") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_dry_run_or_a_pending_rollback_confirms_nothing) {
  must(ending_in(set({{"site.a", "1"}}), 60s));
  must(rollback_request{.revision = 1, .dry_run = true});
  must(ending_in(rollback_request{.revision = 1}, 60s));
  BOOST_TEST(show(store->pending()) == "1 confirm site.a; ");
}

BOOST_AUTO_TEST_CASE(keys_longer_than_the_limit_are_undone_like_others) {
  std::string const name(300, 'x');
  must(files_changed({good("admin/site.json", R"({")" + name + R"(":{")" + name + R"(":1}})")}));
  must(files_changed({good("admin/site.json", R"({")" + name + R"(":{")" + name + R"(":2}})")}));
  auto const with_two = text("site");
  must(ending_in(rollback_request{.revision = 1}, 60s));
  BOOST_TEST(text("site") != with_two);
  must(set({{"site.other", "1"}}));
  reopen();

  must(end_of(3));

  must(unset({"site.other"}));
  BOOST_TEST(text("site") == with_two);
}

BOOST_AUTO_TEST_CASE(a_transaction_makes_and_ends_changes_in_order) {
  std::vector<request> const group{ending_in(set({{"site.a", "1"}}), 60s),
                                   ending_in(set({{"site.b", "1"}}), 30s), end_of(1), end_of(1)};
  auto const decisions = store->commit(group, at());
  BOOST_TEST(show(decisions.at(1)->pending.value()) == "2 confirm site.b; 1 confirm site.a; ");
  BOOST_TEST(show(decisions.at(2)->pending.value()) == "2 confirm site.b; ");
  BOOST_TEST(!decisions.at(3).has_value());
  reopen();
  BOOST_TEST(show(store->pending()) == "2 confirm site.b; ");
  BOOST_TEST(text("site") == R"({"b":1})");
}

BOOST_AUTO_TEST_SUITE_END()
