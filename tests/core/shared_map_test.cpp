#include "core/shared_map.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

// Compared with std::map, under random edits of many copies.

namespace {

using namespace cfgd;
using shared = cfgd::shared_map<int, int, std::less<>>;
using plain = std::map<int, int>;

plain content(shared const& of) {
  plain all;
  int last = -1;
  of.visit([&](shared::entry const& one) {
    BOOST_REQUIRE(last < one.first);
    last = one.first;
    all.insert(one);
    return true;
  });
  return all;
}

/// Applies what differs to the content before.
plain follow(plain at, shared const& before, shared const& after) {
  int last = -1;
  shared::differences(before, after, [&](auto const* old, auto const* now) {
    auto const which = now != nullptr ? now->first : old->first;
    BOOST_REQUIRE(last < which);
    last = which;
    if (now == nullptr)
      at.erase(which);
    else
      at[which] = now->second;
  });
  return at;
}

} // namespace

BOOST_AUTO_TEST_SUITE(shared_map)

BOOST_AUTO_TEST_CASE(has_what_a_map_has) {
  std::mt19937 random(1);
  auto const below = [&random](unsigned end) { return static_cast<int>(random() % end); };
  std::vector<std::pair<shared, plain>> kept{{}};
  for (int step = 0; step < 20'000; ++step) {
    auto [one, other] = kept[static_cast<std::size_t>(below(static_cast<unsigned>(kept.size())))];
    for (auto edits = 1 + below(20); edits > 0; --edits) {
      auto const which = below(200);
      if (below(3) == 0) {
        one.erase(which);
        other.erase(which);
      } else {
        one.insert_or_assign(which, step);
        other[which] = step;
      }
    }
    BOOST_REQUIRE_EQUAL(one.size(), other.size());
    if (kept.size() < 20)
      kept.emplace_back(std::move(one), std::move(other));
    else
      kept[static_cast<std::size_t>(below(20))] = {std::move(one), std::move(other)};
  }
  for (auto const& [one, other] : kept) {
    BOOST_REQUIRE(content(one) == other);
    for (int which = 0; which < 200; ++which) {
      auto const* const found = one.find(which);
      BOOST_REQUIRE((found != nullptr) == other.contains(which));
      auto next = other.lower_bound(which);
      auto const end = other.end();
      one.visit_from(which, [&next, end](shared::entry const& at) {
        BOOST_REQUIRE(next != end && at.first == next->first);
        ++next;
        return true;
      });
      BOOST_REQUIRE(next == end);
    }
    for (auto const& [further, content_of_it] : kept)
      BOOST_REQUIRE(follow(other, one, further) == content_of_it);
  }
}

BOOST_AUTO_TEST_CASE(only_entries_that_were_changed_differ) {
  std::vector<shared::entry_pointer> all;
  constexpr int count = 100'000;
  all.reserve(count);
  for (int which = 0; which < count; ++which)
    all.push_back(std::make_shared<shared::entry const>(2 * which, 0));
  auto const before = shared::of_sorted(all);
  auto after = before;

  after.insert_or_assign(777, 1);
  after.erase(778);
  after.insert_or_assign(40'000, 2);

  std::vector<int> differing;
  shared::differences(before, after, [&differing](auto const* old, auto const* now) {
    differing.push_back(now != nullptr ? now->first : old->first);
  });
  BOOST_TEST(differing == (std::vector{777, 778, 40'000}), boost::test_tools::per_element());
  BOOST_TEST(after.size() == static_cast<std::size_t>(count));
  BOOST_TEST(before.find(778) != nullptr);
}

BOOST_AUTO_TEST_CASE(entries_in_order_are_found_in_few_steps) {
  static std::size_t compared = 0;
  struct counting {
    bool operator()(int left, int right) const {
      ++compared;
      return left < right;
    }
  };
  cfgd::shared_map<int, int, counting> ascending;
  for (int which = 0; which < 10'000; ++which)
    ascending.insert_or_assign(which, which);
  for (int which = 0; which < 5'000; ++which)
    ascending.erase(which);

  compared = 0;
  for (int which = 5'000; which < 10'000; ++which)
    BOOST_REQUIRE(ascending.find(which) != nullptr);

  BOOST_TEST(static_cast<double>(compared) / 5'000 < 4 * std::log2(5'000));
}

BOOST_AUTO_TEST_SUITE_END()
