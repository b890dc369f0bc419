#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

// History is bounded by bytes, too: the map's size must not be the first limit that it meets.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

struct fixture : store_fixture {
  int last = 0;

  void limit(std::size_t bytes) {
    store.reset();
    bounds.history_bytes = bytes;
    bounds.value_bytes = 1 << 20;
    store = open();
  }
  /// Writes changes of about so many bytes each.
  void write(int count, std::size_t bytes) {
    for (; count > 0; --count)
      must(set(
          {{"site.a", '"' + std::string(bytes / 2, static_cast<char>('a' + ++last % 26)) + '"'}}));
  }
  std::size_t kept() { return store->changes_after(oldest() - 1, 1 << 30).changes.size(); }
  revision_number oldest() { return store->changes_after(0, 1).oldest; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(history_bytes, fixture)

BOOST_AUTO_TEST_CASE(the_oldest_changes_are_erased_above_the_byte_limit) {
  limit(1 << 20);
  write(200, 40'000);
  BOOST_TEST(kept() >= 18U);
  BOOST_TEST(kept() <= 26U);
  BOOST_TEST(store->revision() == 200U);
  reopen();
  BOOST_TEST(kept() >= 18U);
}

BOOST_AUTO_TEST_CASE(the_newest_change_is_kept_whatever_its_size) {
  limit(10'000);
  write(3, 500'000);
  BOOST_TEST(kept() == 1U);
  BOOST_TEST(oldest() == 3U);
}

BOOST_AUTO_TEST_CASE(a_large_change_may_erase_many_small_ones) {
  limit(1 << 20);
  write(2'000, 100);
  BOOST_TEST(kept() == 2'000U, "a thousand and more may be kept");
  write(8, 400'000);
  BOOST_TEST(kept() < 8U);
  BOOST_TEST(kept() > 0U);
}

BOOST_AUTO_TEST_CASE(a_lowered_limit_is_reached_in_steps) {
  write(3'000, 1'000);
  limit(100'000);
  write(1, 1'000);
  BOOST_TEST(kept() > 1'500U, "no commit pays for all");
  write(4, 1'000);
  BOOST_TEST(kept() < 110U);
}

BOOST_AUTO_TEST_SUITE_END()
