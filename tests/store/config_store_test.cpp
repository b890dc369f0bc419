#include "store/config_store.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <ostream>

// What a store does with one request after the other, as its callers see it.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

/// From the newer meta page, as LMDB writes it: MDB_page's header, then MDB_meta, whose last member
/// is the id. Asking LMDB would mean to open the file twice in one process.
std::uint64_t last_transaction(std::filesystem::path const& file) {
  auto const bytes = read_file(file);
  std::uint64_t newest = 0;
  for (std::size_t page : {0U, 4096U}) {
    std::uint64_t id = 0;
    std::memcpy(&id, bytes.data() + page + 16 + 128, sizeof id);
    newest = std::max(newest, id);
  }
  return newest;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(config_store, store_fixture)

BOOST_AUTO_TEST_CASE(a_new_store_is_empty_at_revision_0) {
  BOOST_TEST(store->revision() == 0U);
  BOOST_TEST(store->effectives().empty());
  BOOST_TEST(store->sources().empty());
  BOOST_TEST(text("site") == "(none)");
  auto const history = store->changes_after(0, 1'000);
  BOOST_TEST(history.changes.empty());
  BOOST_TEST(!history.compacted);
  BOOST_TEST(history.oldest == 1U);
}

BOOST_AUTO_TEST_CASE(a_good_file_is_one_revision) {
  auto const done =
      must(files_changed({good("admin/site.json", R"({"title":"Harbour","a":{"b":1}})")}));

  BOOST_TEST(done.revision == 1U);
  BOOST_TEST(show(done.changes) == R"(1: site.a.b=->1 site.title=->"Harbour";)");
  BOOST_TEST(text("site") == R"({"a":{"b":1},"title":"Harbour"})");
  BOOST_TEST(done.transitions.empty());
  auto const& from = done.changes.front()->from;
  BOOST_TEST((from.where == layer::admin));
  BOOST_TEST(from.path == "/admin/site.json");
  BOOST_TEST(from.at.line == 3U);
  BOOST_TEST(from.revision == 1U);
  BOOST_TEST(store->sources().front().revision == 1U);
}

BOOST_AUTO_TEST_CASE(layers_are_merged_in_their_order) {
  must(files_changed({good("vendor/site.json", R"({"title":"V","color":"blue","a":{"x":1}})"),
                      good("admin/site.d/20.json", R"({"title":"A20"})"),
                      good("admin/site.d/10.json", R"({"title":"A10","color":null})"),
                      good("admin/site.json", R"({"title":"A"})"),
                      good("environment/site", R"({"a":{"y":2}})")}));

  BOOST_TEST(text("site") == R"({"a":{"x":1,"y":2},"title":"A20"})");
  must(set({{"site.title", "\"O\""}, {"site.a.x", "[1]"}}));
  BOOST_TEST(text("site") == R"({"a":{"x":[1],"y":2},"title":"O"})");
}

BOOST_AUTO_TEST_CASE(a_set_is_durable_and_explained) {
  must(files_changed({good("admin/site.json", R"({"title":"A"})")}));
  auto const done = must(set({{"site.title", "\"O\""}}));

  BOOST_TEST(show(done.changes) == R"(2: site.title="A"->"O";)");
  reopen();
  BOOST_TEST(store->revision() == 2U);
  BOOST_TEST(text("site") == R"({"title":"O"})");
  auto const why = store->explain(to_key("site.title"));
  BOOST_TEST(why.value.value() == "\"O\"");
  BOOST_REQUIRE_EQUAL(why.layer_values.size(), 2U);
  BOOST_TEST((why.layer_values[0].from.where == layer::overrides));
  BOOST_TEST(why.layer_values[0].from.uid.value() == 1000U);
  BOOST_TEST(why.layer_values[0].from.revision == 2U);
  BOOST_TEST(why.layer_values[1].value.value() == "\"A\"");
  BOOST_TEST(why.layer_values[1].from.at.line == 1U);
  BOOST_TEST(why.layer_values[1].from.revision == 1U);
}

BOOST_AUTO_TEST_CASE(requests_of_one_commit_see_each_other) {
  std::vector<request> const requests{set({{"site.a", "1"}}), set({{"site.b", "2"}}),
                                      set({{"site", "3"}}), set({{"site.a", "4"}})};
  auto const decisions = store->commit(requests, at());

  BOOST_REQUIRE_EQUAL(decisions.size(), 4U);
  BOOST_TEST(show(decisions[0].value().changes) == "1: site.a=->1;");
  BOOST_TEST(show(decisions[1].value().changes) == "2: site.b=->2;");
  BOOST_TEST((decisions[2].error().code == errc::bad_value));
  BOOST_TEST(show(decisions[3].value().changes) == "3: site.a=1->4;");
  BOOST_TEST(store->changes_after(0, 100'000).changes.size() == 3U);
}

BOOST_AUTO_TEST_CASE(files_of_several_namespaces_are_one_revision_or_one_each) {
  auto const together =
      must(files_changed({good("admin/b.json", R"({"y":1})"), good("admin/a.json", R"({"x":1})")}));
  BOOST_TEST(show(together.changes) == "1: a.x=->1 b.y=->1;");
  BOOST_TEST(together.effectives.size() == 2U);
  BOOST_TEST(together.changes.front()->from.path == "/admin/a.json");

  auto const apart =
      must(files_changed({good("admin/b.json", R"({"y":2})"), good("admin/a.json", R"({"x":2})")},
                         grouping::change_per_namespace));
  BOOST_TEST(show(apart.changes) == "2: a.x=1->2; 3: b.y=1->2;");
  BOOST_TEST(apart.revision == 3U);
  BOOST_TEST(apart.changes.back()->from.path == "/admin/b.json");
  BOOST_TEST(store->read("a").revision == 2U);
  BOOST_TEST(store->read("b").revision == 3U);
  BOOST_TEST(store->sources().at(1).revision == 3U);
}

BOOST_AUTO_TEST_CASE(changes_without_effect_make_no_revision) {
  must(files_changed({good("admin/site.json", R"({"a":1})")}));

  auto const same = must(files_changed({good("admin/site.json", R"({ "a": 1 })")}));
  auto const hidden = must(files_changed({good("vendor/site.json", R"({"a":5})")}));

  BOOST_TEST(same.revision == 1U);
  BOOST_TEST(same.changes.empty());
  BOOST_TEST(same.effectives.empty());
  BOOST_TEST(hidden.changes.empty());
  reopen();
  BOOST_TEST(store->sources().size() == 2U);
  BOOST_TEST(store->revision() == 1U);
}

BOOST_AUTO_TEST_CASE(removing_the_last_file_removes_the_namespace) {
  must(files_changed({good("admin/site.json", R"({"a":1})")}));

  auto const done = must(files_changed({gone("admin/site.json")}));

  BOOST_TEST(show(done.changes) == "2: site.a=1->;");
  BOOST_REQUIRE_EQUAL(done.effectives.size(), 1U);
  BOOST_TEST((done.effectives.front().text == nullptr));
  BOOST_REQUIRE_EQUAL(done.transitions.size(), 1U);
  BOOST_TEST(done.transitions.front().gone);
  BOOST_TEST(text("site") == "(none)");
  reopen();
  BOOST_TEST(store->effectives().empty());
  BOOST_TEST(store->sources().empty());
}

BOOST_AUTO_TEST_CASE(an_empty_file_makes_a_namespace_without_a_revision) {
  auto const done = must(files_changed({good("admin/site.json", "{}")}));

  BOOST_TEST(done.revision == 0U);
  BOOST_TEST(done.changes.empty());
  BOOST_REQUIRE_EQUAL(done.effectives.size(), 1U);
  BOOST_TEST(*done.effectives.front().text == "{}");
  reopen();
  BOOST_TEST(text("site") == "{}");
}

BOOST_AUTO_TEST_CASE(the_origin_is_the_source_that_sets_the_first_key) {
  must(files_changed(
      {good("vendor/site.json", R"({"a":1,"b":1})"), good("admin/site.json", R"({"c":1})")}));

  auto const lower = must(files_changed(
      {good("admin/site.json", R"({"c":2})"), good("vendor/site.json", R"({"a":2,"b":1})")}));
  BOOST_TEST(lower.changes.front()->from.path == "/vendor/site.json");
  auto const removed = must(files_changed({good("vendor/site.json", R"({"b":1})")}));
  BOOST_TEST(removed.changes.front()->from.path == "/vendor/site.json");
  auto const erased = must(files_changed({gone("admin/site.json")}));
  BOOST_TEST(erased.changes.front()->from.path == "/admin/site.json");
  BOOST_TEST(erased.changes.front()->from.at.line == 0U);
}

BOOST_AUTO_TEST_CASE(a_name_without_a_namespace_is_rejected) {
  for (auto const* const name : {"Site.json", ".site.json"}) {
    auto update = good("admin/site.json", "{}");
    update.id.relative = name;
    BOOST_TEST((refusal(files_changed({update})).code == errc::bad_key));
  }
}

BOOST_AUTO_TEST_CASE(a_set_that_makes_a_namespace_too_large_is_rejected_whole) {
  store.reset();
  bounds.namespace_bytes = 20;
  store = open();
  must(files_changed({good("admin/site.json", R"({"a":"01234567890"})")}));

  auto const large = refusal(set({{"other.a", "1"}, {"site.a", R"("0123456789012345")"}}));

  BOOST_TEST((large.code == errc::limit));
  BOOST_TEST(large.subject == "namespace_bytes");
  BOOST_TEST(large.used == 24U);
  BOOST_TEST(large.maximum == 20U);
  BOOST_TEST(text("other") == "(none)");
  BOOST_TEST(text("site") == R"({"a":"01234567890"})");
}

BOOST_AUTO_TEST_CASE(a_group_is_one_transaction) {
  std::vector<request> requests;
  requests.reserve(100);
  for (int number = 0; number < 100; ++number)
    requests.emplace_back(set({{"site.a" + std::to_string(number), "1"}}));
  auto const before = last_transaction(store->data_file());

  auto const decisions = store->commit(requests, at());

  BOOST_TEST(decisions.back().value().revision == 100U);
  BOOST_TEST(last_transaction(store->data_file()) == before + 1);
}

BOOST_AUTO_TEST_CASE(a_request_without_changes_makes_no_transaction) {
  must(set({{"site.a", "1"}}));
  auto const before = last_transaction(store->data_file());

  must(set({{"site.a", "1"}}));
  must(unset({"site.b"}));
  BOOST_TEST((refusal(set({{"site", "1"}})).code == errc::bad_value));
  BOOST_TEST(store->refresh().empty());

  BOOST_TEST(last_transaction(store->data_file()) == before);
}

BOOST_AUTO_TEST_SUITE_END()
