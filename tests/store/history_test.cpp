#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  int last = 0;

  void write(int count, wall_time when = at()) {
    for (; count > 0; --count) {
      request const one = set({{"site.a", std::to_string(++last)}});
      BOOST_REQUIRE(store->commit({&one, 1}, when).at(0).has_value());
    }
  }
  void write_together(int count, wall_time when = at()) {
    std::vector<request> group;
    for (; count > 0; --count)
      group.emplace_back(set({{"site.a", std::to_string(++last)}}));
    BOOST_REQUIRE(store->commit(group, when).back().has_value());
  }
  void limit(std::size_t revisions, std::chrono::hours age) {
    store.reset();
    bounds.history_revisions = revisions;
    bounds.history_age = age;
    store = open();
  }
  std::size_t kept() { return store->changes_after(oldest() - 1, 1 << 30).changes.size(); }
  revision_number oldest() { return store->changes_after(0, 1).oldest; }
};

constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1'000;

} // namespace

BOOST_FIXTURE_TEST_SUITE(history, fixture)

BOOST_AUTO_TEST_CASE(changes_after_a_revision_come_oldest_first) {
  write(5);
  auto const slice = store->changes_after(3, 1 << 20);
  BOOST_TEST(show(slice.changes) == "4: site.a=3->4; 5: site.a=4->5;");
  BOOST_TEST(slice.oldest == 1U);
  BOOST_TEST(slice.newest == 5U);
  BOOST_TEST(!slice.more);
  BOOST_TEST(store->changes_after(5, 1 << 20).changes.empty());
  BOOST_TEST(!store->changes_after(99, 1 << 20).compacted);
  BOOST_TEST(!store->changes_after(~std::uint64_t{0}, 1 << 20).compacted);
}

BOOST_AUTO_TEST_CASE(a_slice_is_limited_by_size_but_has_at_least_one_change) {
  write(5);
  auto const one = store->changes_after(0, 0);
  BOOST_TEST(one.changes.size() == 1U);
  BOOST_TEST(one.more);
  auto const some = store->changes_after(0, 300);
  BOOST_TEST(some.changes.size() > 1U);
  BOOST_TEST(some.changes.size() < 5U);
  BOOST_TEST(some.more);
  BOOST_TEST(!store->changes_after(4, 0).more);
}

BOOST_AUTO_TEST_CASE(it_is_kept_by_count_and_age) {
  limit(3, std::chrono::hours(24));
  write(10);
  BOOST_TEST(kept() == 10U, "young changes stay");

  write(1, at(day_ms));
  BOOST_TEST(kept() == 11U, "just a day old");
  write(1, at(day_ms + 1));
  BOOST_TEST(kept() == 7U, "a few more go with each commit than come");
  write(3, at(day_ms + 2));
  BOOST_TEST(kept() == 5U, "the young ones, more than three");
  reopen();
  BOOST_TEST(kept() == 5U);
  BOOST_TEST(store->revision() == 15U);
}

BOOST_AUTO_TEST_CASE(it_stays_short_with_many_changes_in_one_transaction) {
  limit(60, std::chrono::hours(0));
  for (int group = 0; group < 6; ++group)
    write_together(50, at(group));
  BOOST_TEST(kept() == 60U);
  BOOST_TEST(oldest() == 241U);

  limit(20, std::chrono::hours(0));
  write_together(10, at(6));
  BOOST_TEST(kept() == 56U, "what was too long gets shorter bit by bit");
}

BOOST_AUTO_TEST_CASE(a_start_before_the_oldest_change_is_compacted) {
  limit(3, std::chrono::hours(0));
  write(6, at());
  write(3, at(1));
  BOOST_TEST(oldest() == 7U);
  BOOST_TEST(store->changes_after(5, 1 << 20).compacted);
  BOOST_TEST(store->changes_after(5, 1 << 20).changes.empty());
  BOOST_TEST(!store->changes_after(6, 1 << 20).compacted);
  BOOST_TEST(store->changes_after(6, 1 << 20).changes.size() == 3U);
}

BOOST_AUTO_TEST_CASE(it_can_be_compacted) {
  write_together(2'500);
  BOOST_TEST(store->compact(2) == 2'499U);
  BOOST_TEST(store->compact(5) == 2'499U);
  BOOST_TEST(store->compact(0) == 2'501U);
  BOOST_TEST(store->changes_after(2'499, 1 << 20).compacted);
  BOOST_TEST(!store->changes_after(2'500, 1 << 20).compacted);
  reopen();
  BOOST_TEST(store->revision() == 2'500U);
  write(1);
  BOOST_TEST(store->revision() == 2'501U);
}

BOOST_AUTO_TEST_SUITE_END()
