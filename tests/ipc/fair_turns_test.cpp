#include "ipc/fair_turns.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <map>
#include <vector>

// Time is a number here: each turn is said to have taken so long.

namespace {

using cfgd::ipc::fair_turns;
using std::chrono::microseconds;

constexpr uid_t own = 990;
constexpr uid_t anna = 1000;
constexpr uid_t bert = 1001;

struct fixture {
  fair_turns turns{microseconds(100), own};
  std::map<uid_t, microseconds> time;
  std::map<uid_t, int> count;

  /// Everybody who waits has more to do afterwards. A turn of `who` takes as long as `takes` says.
  void serve(int how_many, std::map<uid_t, microseconds> const& takes) {
    for (int each = 0; each < how_many; ++each) {
      auto const next = turns.take();
      BOOST_REQUIRE(next.has_value());
      auto const taken = takes.at(next->who);
      turns.add(*next);
      turns.spent(next->who, taken);
      time[next->who] += taken;
      ++count[next->who];
    }
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(fair_turns)

using ::fixture;

BOOST_FIXTURE_TEST_CASE(nobody_waits_at_first, fixture) {
  BOOST_TEST(turns.empty());
  BOOST_TEST(!turns.take());
}

BOOST_FIXTURE_TEST_CASE(connections_of_one_user_are_served_in_order, fixture) {
  for (std::uint64_t each = 1; each <= 3; ++each)
    turns.add({each, anna});

  for (std::uint64_t each = 1; each <= 3; ++each) {
    auto const next = turns.take();
    BOOST_REQUIRE(next.has_value());
    BOOST_TEST(next->connection == each);
    turns.spent(anna, microseconds(70));
  }
  BOOST_TEST(turns.empty());
}

BOOST_FIXTURE_TEST_CASE(many_connections_get_no_more_time_than_one, fixture) {
  for (std::uint64_t each = 1; each <= 100; ++each)
    turns.add({each, anna});
  turns.add({200, bert});

  serve(1'000, {{anna, microseconds(100)}, {bert, microseconds(100)}});

  BOOST_TEST(count[anna] == 500);
  BOOST_TEST(count[bert] == 500);
}

BOOST_FIXTURE_TEST_CASE(time_counts_not_turns, fixture) {
  turns.add({1, anna});
  turns.add({2, bert});

  serve(1'010, {{anna, microseconds(1'000)}, {bert, microseconds(10)}});

  BOOST_TEST(count[bert] >= 90 * count[anna]);
  BOOST_TEST(time[anna].count() <= time[bert].count() + 2'000);
}

BOOST_FIXTURE_TEST_CASE(a_debt_is_not_forgotten_by_pausing, fixture) {
  turns.add({1, anna});
  turns.add({2, bert});
  turns.add({3, bert});
  turns.add({4, bert});
  BOOST_REQUIRE(turns.take()->who == anna);
  turns.spent(anna, microseconds(250)); // and has nothing to do now
  BOOST_REQUIRE(turns.take()->who == bert);
  turns.spent(bert, microseconds(10));

  turns.add({1, anna});

  BOOST_TEST(turns.take()->who == bert);
  turns.spent(bert, microseconds(10));
  BOOST_TEST(turns.take()->who == bert);
}

BOOST_FIXTURE_TEST_CASE(the_privileged_get_half_of_the_time, fixture) {
  for (std::uint64_t each = 1; each <= 50; ++each)
    turns.add({each, anna + static_cast<uid_t>(each)});
  turns.add({100, 0});
  std::map<uid_t, microseconds> takes{{0, microseconds(100)}};
  for (uid_t each = 1; each <= 50; ++each)
    takes[anna + each] = microseconds(100);

  serve(1'000, takes);

  BOOST_TEST(count[0] == 500);
}

BOOST_FIXTURE_TEST_CASE(the_privileged_are_served_first_when_they_come, fixture) {
  for (std::uint64_t each = 1; each <= 50; ++each)
    turns.add({each, anna});
  serve(20, {{anna, microseconds(100)}});

  turns.add({100, own});

  BOOST_TEST(turns.take()->who == own);
}

BOOST_FIXTURE_TEST_CASE(the_privileged_do_not_stop_the_others, fixture) {
  turns.add({1, 0});
  turns.add({2, own});
  turns.add({3, anna});

  serve(300, {{0, microseconds(1'000)}, {own, microseconds(1'000)}, {anna, microseconds(100)}});

  BOOST_TEST(time[anna].count() >= time[0].count() + time[own].count() - 2'000);
}

BOOST_FIXTURE_TEST_CASE(a_huge_debt_is_paid_at_once_if_nobody_else_waits, fixture) {
  turns.add({1, anna});
  BOOST_REQUIRE(turns.take().has_value());
  turns.spent(anna, std::chrono::hours(1));

  turns.add({1, anna});

  BOOST_TEST(turns.take().has_value());
}

BOOST_FIXTURE_TEST_CASE(who_comes_is_served_before_those_who_always_wait, fixture) {
  for (std::uint64_t each = 1; each <= 20; ++each)
    turns.add({each, anna});
  serve(5, {{anna, microseconds(50)}});

  BOOST_TEST(turns.is_next(bert));
  turns.add({100, bert});

  BOOST_TEST(!turns.is_next(bert));
  BOOST_TEST(turns.take()->who == bert);
}

BOOST_FIXTURE_TEST_CASE(who_comes_again_and_again_does_not_stop_the_others, fixture) {
  turns.add({1, anna});
  turns.add({2, anna});
  turns.add({3, bert});

  for (int each = 0; each < 1'000; ++each) {
    auto const next = turns.take();
    BOOST_REQUIRE(next.has_value());
    ++count[next->who];
    turns.spent(next->who, microseconds(90));
    turns.add(*next); // behind the end of the turn, when it is known that there is nothing else
  }

  BOOST_TEST(count[anna] >= 450);
  BOOST_TEST(count[bert] >= 450);
}

BOOST_FIXTURE_TEST_CASE(time_without_a_turn_counts_while_others_wait, fixture) {
  turns.add({1, anna});

  turns.spent(bert, microseconds(30));

  BOOST_TEST(!turns.is_next(bert));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
