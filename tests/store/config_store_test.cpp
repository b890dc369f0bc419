#include "store/config_store.hpp"
#include "tests/support/store_requests.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

// What a store does with one request after the other, as its callers see it.

namespace {

using namespace cfgd;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture {
  temporary_directory directory;
  limits bounds;
  std::unique_ptr<config_store> store = open();

  std::unique_ptr<config_store> open() {
    return std::move(config_store::open(directory / "state", bounds).value());
  }
  void reopen() {
    store.reset();
    store = open();
  }
  outcome commit(request const& one) {
    auto all = store->commit({&one, 1}, at());
    BOOST_REQUIRE_EQUAL(all.size(), 1U);
    return std::move(all.front());
  }
  applied must(request const& one) { return commit(one).value(); }
  errc refusal(request const& one) { return commit(one).error().code; }
  std::string text(std::string_view name) {
    auto const found = store->read(name).text;
    return found ? *found : "(none)";
  }
};

std::string keys_of(applied const& done) {
  std::string out;
  for (auto const& change : done.changes) {
    out += std::to_string(change->revision) + ':';
    for (auto const& one : change->keys)
      out += ' ' + one.key + '=' + one.before + "->" + one.after;
    out += ';';
  }
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(config_store, fixture)

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
  auto const done = must(batch({good("admin/site.json", R"({"title":"Harbour","a":{"b":1}})")}));

  BOOST_TEST(done.revision == 1U);
  BOOST_TEST(keys_of(done) == R"(1: site.a.b=->1 site.title=->"Harbour";)");
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
  must(batch({good("vendor/site.json", R"({"title":"V","color":"blue","a":{"x":1}})"),
              good("admin/site.d/20.json", R"({"title":"A20"})"),
              good("admin/site.d/10.json", R"({"title":"A10","color":null})"),
              good("admin/site.json", R"({"title":"A"})"),
              good("environment/site", R"({"a":{"y":2}})")}));

  BOOST_TEST(text("site") == R"({"a":{"x":1,"y":2},"title":"A20"})");
  must(set({{"site.title", "\"O\""}, {"site.a.x", "[1]"}}));
  BOOST_TEST(text("site") == R"({"a":{"x":[1],"y":2},"title":"O"})");
}

BOOST_AUTO_TEST_CASE(a_set_is_durable_and_explained) {
  must(batch({good("admin/site.json", R"({"title":"A"})")}));
  auto const done = must(set({{"site.title", "\"O\""}}));

  BOOST_TEST(keys_of(done) == R"(2: site.title="A"->"O";)");
  reopen();
  BOOST_TEST(store->revision() == 2U);
  BOOST_TEST(text("site") == R"({"title":"O"})");
  auto const why = store->explain(to_key("site.title"));
  BOOST_TEST(why.value.value() == "\"O\"");
  BOOST_REQUIRE_EQUAL(why.candidates.size(), 2U);
  BOOST_TEST((why.candidates[0].from.where == layer::overrides));
  BOOST_TEST(why.candidates[0].from.uid.value() == 1000U);
  BOOST_TEST(why.candidates[0].from.revision == 2U);
  BOOST_TEST(why.candidates[1].value.value() == "\"A\"");
  BOOST_TEST(why.candidates[1].from.at.line == 1U);
  BOOST_TEST(why.candidates[1].from.revision == 1U);
}

BOOST_AUTO_TEST_CASE(requests_of_one_commit_see_each_other) {
  std::vector<request> const requests{set({{"site.a", "1"}}), set({{"site.b", "2"}}),
                                      set({{"site", "3"}}), set({{"site.a", "4"}})};
  auto const outcomes = store->commit(requests, at());

  BOOST_REQUIRE_EQUAL(outcomes.size(), 4U);
  BOOST_TEST(keys_of(outcomes[0].value()) == "1: site.a=->1;");
  BOOST_TEST(keys_of(outcomes[1].value()) == "2: site.b=->2;");
  BOOST_TEST((outcomes[2].error().code == errc::bad_value));
  BOOST_TEST(keys_of(outcomes[3].value()) == "3: site.a=1->4;");
  BOOST_TEST(store->changes_after(0, 100'000).changes.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
