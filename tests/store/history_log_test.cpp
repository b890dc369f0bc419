#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

// The log: history from its newest change on, a page at a time.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr std::size_t much = 1 << 20;

struct fixture : store_fixture {
  int last = 0;

  void write(int count, wall_time when = at()) {
    for (; count > 0; --count) {
      request const one = set({{"site.a", std::to_string(++last)}});
      BOOST_REQUIRE(store->commit({&one, 1}, when).at(0).has_value());
    }
  }
  /// "3 2 1"
  static std::string revisions(history_page const& page) {
    std::string out;
    for (auto const& one : page.changes)
      out += (out.empty() ? "" : " ") + std::to_string(one->revision);
    return out + (page.more ? " ..." : "");
  }
  std::string log(history_query const& asked, std::size_t bytes = much) {
    return revisions(store->log(asked, bytes));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(history_log, fixture)

BOOST_AUTO_TEST_CASE(the_newest_changes_come_first_up_to_the_limit) {
  BOOST_TEST(log({}) == "");
  write(12);
  BOOST_TEST(log({}) == "12 11 10 9 8 7 6 5 4 3 ...");
  BOOST_TEST(log({.limit = 12}) == "12 11 10 9 8 7 6 5 4 3 2 1");
  BOOST_TEST(log({.limit = 0}) == " ...");
  auto const page = store->log({.limit = 1}, much);
  BOOST_TEST(show(page.changes) == "12: site.a=11->12;");
  BOOST_TEST(page.oldest == 1U);
  BOOST_TEST(page.newest == 12U);
}

BOOST_AUTO_TEST_CASE(revisions_and_times_bound_the_page) {
  write(3, at(1'000));
  write(1, at(500));
  write(3, at(2'000));
  BOOST_TEST(log({.after = 4}) == "7 6 5");
  BOOST_TEST(log({.after = 99}) == "");
  BOOST_TEST(log({.before = 3}) == "2 1");
  BOOST_TEST(log({.before = 0}) == "");
  BOOST_TEST(log({.before = 1}) == "");
  BOOST_TEST(log({.before = 99}) == "7 6 5 4 3 2 1");
  BOOST_TEST(log({.after = 2, .before = 6, .limit = 2}) == "5 4 ...");
  BOOST_TEST(log({.since = at(1'000)}) == "7 6 5 3 2 1", "clocks may go back");
  BOOST_TEST(log({.since = at(2'001)}) == "");
}

BOOST_AUTO_TEST_CASE(a_page_ends_when_it_has_read_enough) {
  write(12);
  history_query asked{.since = at(9'000), .scan_bytes = 1};
  std::size_t pages = 1;
  for (auto page = store->log(asked, much); page.more; page = store->log(asked, much)) {
    BOOST_TEST(page.changes.empty());
    asked.before = page.resume_before.value();
    ++pages;
  }
  BOOST_TEST(pages == 12U);

  asked = {.prefix = to_key("site.a"), .limit = 2, .scan_bytes = 1};
  auto const page = store->log(asked, much);
  BOOST_TEST(revisions(page) == "12 ...");
  asked.before = page.resume_before.value();
  BOOST_TEST(log(asked) == "11 ...");
}

BOOST_AUTO_TEST_CASE(pages_continue_without_a_gap) {
  write(25);
  std::string all;
  history_query asked{.limit = 7};
  for (bool more = true; more;) {
    auto const page = store->log(asked, much);
    for (auto const& one : page.changes)
      all += std::to_string(one->revision) + ' ';
    more = page.more;
    asked.before = page.changes.back()->revision;
  }
  BOOST_TEST(all == "25 24 23 22 21 20 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 ");
}

BOOST_AUTO_TEST_CASE(a_page_is_limited_by_size_but_has_at_least_one_change) {
  write(5);
  BOOST_TEST(log({}, 0) == "5 ...");
  auto const some = store->log({}, 300);
  BOOST_TEST(some.changes.size() > 1U);
  BOOST_TEST(some.changes.size() < 5U);
  BOOST_TEST(some.more);
  BOOST_TEST(log({.after = 4}, 0) == "5");
}

BOOST_AUTO_TEST_CASE(with_a_prefix_only_its_keys_are_returned) {
  must(set({{"site.a.x", "1"}, {"site.ab", "1"}, {"site.\"a.b\"", "1"}}));
  must(set({{"site.ab", "2"}}));
  must(set({{"site.a.y", "2"}, {"other.a", "2"}}));
  auto const shown = [this](std::string_view prefix) {
    return show(store->log({.prefix = to_key(prefix)}, much).changes);
  };
  BOOST_TEST(shown("site.a") == "3: site.a.y=->2; 1: site.a.x=->1;");
  BOOST_TEST(shown("site.a.x") == "1: site.a.x=->1;");
  BOOST_TEST(shown("site.ab") == "2: site.ab=1->2; 1: site.ab=->1;");
  BOOST_TEST(shown("site.\"a.b\"") == "1: site.\"a.b\"=->1;");
  BOOST_TEST(shown("other") == "3: other.a=->2;");
  BOOST_TEST(shown("nothing") == "");
  BOOST_TEST(log({.prefix = to_key("site.ab"), .limit = 1}) == "2 ...");
  BOOST_TEST(log({.prefix = to_key("other"), .limit = 1}) == "3", "no older one has such a key");
}

BOOST_AUTO_TEST_CASE(erased_changes_are_not_listed) {
  write(5);
  store->compact(2);
  auto const page = store->log({}, much);
  BOOST_TEST(revisions(page) == "5 4");
  BOOST_TEST(page.oldest == 4U);
  store->compact(0);
  BOOST_TEST(store->log({}, much).oldest == 6U);
}

BOOST_AUTO_TEST_CASE(origin_comment_and_warnings_are_returned) {
  must(files_changed({good("rules/admin/site.toml",
                           R"({"rule":[{"name":"even","severity":"warning","key":"site.a",
                       "check":"site.a % 2 == 0","message":"a is odd"}]})")}));
  auto asked = set({{"site.a", "1"}});
  asked.comment = "because";
  must(asked);
  reopen();
  auto const page = store->log({}, much);
  BOOST_REQUIRE_EQUAL(page.changes.size(), 1U);
  auto const& one = *page.changes.front();
  BOOST_TEST(one.comment == "because");
  BOOST_TEST(one.from.uid.value() == 1000U);
  BOOST_TEST((one.time == at()));
  BOOST_REQUIRE_EQUAL(one.warnings.size(), 1U);
  BOOST_TEST(one.warnings.front().rule == "even");
  BOOST_TEST((one.warnings.front().how == severity::warning));
}

BOOST_AUTO_TEST_CASE(secrets_then_and_now_are_marked) {
  constexpr auto schema = "schemas/admin/site.json";
  must(set({{"site.early", "\"1\""}, {"site.open", "1"}}));
  must(files_changed(
      {good(schema, R"({"properties":{"early":{"x-secret":true},"s":{"x-secret":true}}})")}));
  must(set({{"site.s", R"({"deep":"2"})"}}));
  must(files_changed({good(schema, R"({"properties":{"early":{"x-secret":true}}})")}));
  std::string marked;
  for (auto const& one : store->log({}, much).changes)
    for (auto const& leaf : one->keys)
      marked += leaf.key + (leaf.secret ? "! " : " ");
  BOOST_TEST(marked == "site.s.deep! site.early! site.open ");
}

BOOST_AUTO_TEST_SUITE_END()
