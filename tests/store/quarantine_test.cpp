#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>

// Content that was refused or cannot be had never replaces what is good, also not after a restart.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr auto source = "admin/site.json";
constexpr auto below = "vendor/site.json";
constexpr auto fresh_source = "admin/fresh.json";

struct fixture : store_fixture {
  source_row row() { return store->sources().at(0); }
  source_row row(std::string_view name) {
    auto const all = store->sources();
    auto const found = std::ranges::find(all, to_source(name), &source_row::id);
    BOOST_REQUIRE(found != all.end());
    return *found;
  }
  void limit_namespaces(std::size_t bytes) {
    store.reset();
    bounds.namespace_bytes = bytes;
    store = open();
  }
  source_status status() { return row().status; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(quarantine, fixture)

BOOST_AUTO_TEST_CASE(rejected_content_leaves_the_last_good_effective) {
  must(files_changed({good(source, R"({"a":1})")}));

  auto const done = must(files_changed({refused(source, "{\"a\": \xff", "no UTF-8")}));

  BOOST_TEST(done.changes.empty());
  BOOST_TEST(done.effectives.empty());
  BOOST_REQUIRE_EQUAL(done.transitions.size(), 1U);
  BOOST_TEST((done.transitions[0].before == source_status::active));
  BOOST_TEST((done.transitions[0].now.status == source_status::quarantined));
  BOOST_TEST(done.transitions[0].was_known);
  for (int restart = 0; restart < 2; ++restart, reopen()) {
    BOOST_TEST(text("site") == R"({"a":1})");
    BOOST_TEST((status() == source_status::quarantined));
    BOOST_TEST(row().is_effective);
    BOOST_TEST(row().revision == 1U);
    BOOST_TEST(row().why->message == "no UTF-8");
    BOOST_TEST((row().why->where == place{3, 7}));
    BOOST_TEST((row().hash == hash_content("{\"a\": \xff")));
    BOOST_TEST(*store->refused_content(to_source(source)) == "{\"a\": \xff");
  }
}

BOOST_AUTO_TEST_CASE(good_content_ends_quarantine_even_if_it_is_the_old_one) {
  must(files_changed({good(source, R"({"a":1})")}));
  must(files_changed({refused(source, "{", "cut off")}));

  auto const done = must(files_changed({good(source, R"({"a":1})")}));

  BOOST_TEST(done.changes.empty());
  BOOST_REQUIRE_EQUAL(done.transitions.size(), 1U);
  BOOST_TEST((done.transitions[0].now.status == source_status::active));
  reopen();
  BOOST_TEST((status() == source_status::active));
  BOOST_TEST(!row().why);
  BOOST_TEST((store->refused_content(to_source(source)) == nullptr));
}

BOOST_AUTO_TEST_CASE(only_a_different_fault_is_a_transition) {
  must(files_changed({good(source, R"({"a":1})")}));
  BOOST_TEST(must(files_changed({refused(source, "{", "first")})).transitions.size() == 1U);
  BOOST_TEST(must(files_changed({refused(source, "{ ", "first")})).transitions.empty());
  BOOST_TEST(must(files_changed({refused(source, "[", "second")})).transitions.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_new_source_may_be_rejected) {
  auto const done = must(files_changed({refused(source, "{", "cut off")}));

  BOOST_TEST(done.revision == 0U);
  BOOST_REQUIRE_EQUAL(done.transitions.size(), 1U);
  BOOST_TEST(!done.transitions[0].was_known);
  BOOST_TEST(text("site") == "{}");
  BOOST_TEST(!row().is_effective);
  reopen();
  BOOST_TEST(text("site") == "{}");
  BOOST_TEST(show(must(files_changed({good(source, R"({"a":1})")})).changes) == "1: site.a=->1;");
}

BOOST_AUTO_TEST_CASE(an_unreadable_file_stays_effective) {
  must(files_changed({good(source, R"({"a":1})")}));

  BOOST_TEST(must(files_changed({blocked(source, source_status::untrusted)})).transitions.size() ==
             1U);
  BOOST_TEST(text("site") == R"({"a":1})");
  BOOST_TEST((row().hash == hash_content(R"({"a":1})")));
  reopen();
  BOOST_TEST((status() == source_status::untrusted));
  BOOST_TEST(must(files_changed({touched(source)})).transitions.size() == 1U);
  BOOST_TEST((status() == source_status::active));
  BOOST_TEST(!row().why);
}

BOOST_AUTO_TEST_CASE(touching_does_not_end_quarantine) {
  must(files_changed({good(source, R"({"a":1})")}));
  must(files_changed({refused(source, "{", "cut off")}));

  must(files_changed({touched(source)}));
  BOOST_TEST((status() == source_status::quarantined));

  must(files_changed({blocked(source, source_status::missing)}));
  BOOST_TEST((status() == source_status::missing));
  reopen();
  must(files_changed({touched(source)}));
  BOOST_TEST((status() == source_status::quarantined));
  BOOST_TEST(row().why->message == "cut off");
}

BOOST_AUTO_TEST_CASE(the_kept_part_of_rejected_content_is_limited) {
  store.reset();
  bounds.file_bytes = 8;
  store = open();
  must(files_changed({refused(source, "0123456789", "too long")}));
  BOOST_TEST(*store->refused_content(to_source(source)) == "01234567");
}

BOOST_AUTO_TEST_CASE(removing_a_source_ends_its_quarantine) {
  must(files_changed({good(source, R"({"a":1})")}));
  must(files_changed({refused(source, "{", "cut off")}));
  BOOST_TEST(show(must(files_changed({gone(source)})).changes) == "2: site.a=1->;");
  BOOST_TEST(store->sources().empty());
  BOOST_TEST(must(files_changed({gone(source)})).transitions.empty());
  BOOST_TEST(must(files_changed({touched(source)})).effectives.empty());
  BOOST_TEST(store->sources().empty());
}

BOOST_AUTO_TEST_CASE(a_namespace_that_is_too_large_rejects_only_its_own_sources) {
  limit_namespaces(20);
  must(files_changed({good(source, R"({"a":1})"), good(fresh_source, R"({"c":1})")}));

  auto const large = R"({"b":"01234567890123456789"})";
  auto const done = must(
      files_changed({good(below, large), good(source, R"({"a":2})"),
                     good(fresh_source, R"({"c":2})"), refused("admin/x.json", "{", "cut off")}));

  BOOST_TEST(show(done.changes) == "2: fresh.c=1->2 site.a=1->2;");
  BOOST_TEST(done.effectives.size() == 3U, "fresh, site, and x without a key");
  BOOST_REQUIRE_EQUAL(done.transitions.size(), 2U);
  BOOST_TEST((done.transitions[0].now.id == to_source(below)));
  BOOST_TEST(!done.transitions[0].was_known);
  for (int restart = 0; restart < 2; ++restart, reopen()) {
    BOOST_TEST(text("site") == R"({"a":2})");
    BOOST_TEST(text("fresh") == R"({"c":2})");
    auto const held = row(below);
    BOOST_TEST((held.status == source_status::quarantined));
    BOOST_TEST(!held.is_effective);
    BOOST_TEST(held.revision == 0U);
    BOOST_TEST((held.hash == hash_content(large)));
    BOOST_REQUIRE(held.why.has_value());
    BOOST_TEST((held.why->code == errc::limit));
    BOOST_TEST(held.why->message.find("'site'") != std::string::npos);
    BOOST_TEST(held.why->subject == "namespace_bytes");
    BOOST_TEST(held.why->used > 20U);
    BOOST_TEST(held.why->maximum == 20U);
    BOOST_TEST(*store->refused_content(to_source(below)) == large);
    BOOST_TEST((row(source).status == source_status::active));
    BOOST_TEST(row(source).revision == 2U);
    BOOST_TEST((row(fresh_source).status == source_status::active));
  }
  BOOST_TEST((refusal(set({{"site.b", R"("01234567890123456789")"}})).code == errc::limit));
}

BOOST_AUTO_TEST_CASE(a_namespace_that_was_too_large_can_shrink) {
  limit_namespaces(20);
  must(files_changed({good(below, R"({"b":"01234567890123456789"})"), good(source, R"({"a":2})")},
                     grouping::change_per_namespace));
  BOOST_TEST(text("site") == R"({"a":2})");
  BOOST_TEST(must(files_changed({touched(below), touched(source)})).effectives.empty());
  BOOST_TEST((row(source).status == source_status::active));
  BOOST_TEST((row(below).status == source_status::quarantined));

  auto const mended = must(files_changed({good(below, R"({"b":1})")}));
  BOOST_TEST(show(mended.changes) == "2: site.b=->1;");
  BOOST_REQUIRE_EQUAL(mended.transitions.size(), 1U);
  BOOST_TEST((row(below).status == source_status::active));
  BOOST_TEST((store->refused_content(to_source(below)) == nullptr));

  must(files_changed({good(below, R"({"b":"01234567890123456789"})")}));
  BOOST_TEST(text("site") == R"({"a":2,"b":1})");
  must(files_changed({gone(below)}));
  BOOST_TEST(text("site") == R"({"a":2})");
  BOOST_TEST(store->sources().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_removed_file_that_hid_invalid_values_stays_effective) {
  limit_namespaces(40);
  must(files_changed({good(source, R"({"b":null})")}));
  must(files_changed({good(below, R"({"b":"012345678901234567890"})")}));
  limit_namespaces(20);

  must(files_changed({gone(source)}));
  BOOST_TEST(text("site") == "{}");
  BOOST_TEST((row(source).status == source_status::missing));
  BOOST_TEST(row(source).is_effective);
  BOOST_TEST((row(source).why->code == errc::limit));

  must(files_changed({good(below, R"({"b":1})"), gone(source)}));
  BOOST_TEST(text("site") == R"({"b":1})");
  BOOST_TEST(store->sources().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
