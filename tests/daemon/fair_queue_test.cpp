#include "daemon/fair_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace {

using namespace cfgd;
using namespace std::chrono_literals;
using queue = fair_queue<std::string>;

constexpr queue::user root{.uid = 0, .is_privileged = true};
constexpr queue::user anna{.uid = 1'000, .is_privileged = false};
constexpr queue::user ben{.uid = 1'001, .is_privileged = false};

/// Takes pieces that all cost `each`: "a b a".
std::string run(queue& from, std::size_t count, queue::cost each) {
  std::string out;
  for (; count > 0; --count) {
    auto const next = from.take();
    if (!next) break;
    from.settle(next->whose, next->expected, each);
    out += (out.empty() ? "" : " ") + next->what;
  }
  return out;
}

void push(queue& into, queue::user const& whose, std::string const& what, int count) {
  for (; count > 0; --count)
    into.push(whose, what);
}

} // namespace

BOOST_AUTO_TEST_SUITE(fair_queue)

BOOST_AUTO_TEST_CASE(the_work_of_one_user_keeps_its_order) {
  queue all;
  all.push(anna, "1");
  all.push(anna, "2");
  all.push(anna, "3");

  BOOST_TEST(run(all, 9, 1ms) == "1 2 3");
  BOOST_TEST(all.empty());
  BOOST_TEST(!all.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_thousand_pieces_delay_another_user_by_one_round) {
  queue all(5ms);
  push(all, anna, "a", 1'000);
  all.push(ben, "b");

  auto const first = run(all, 7, 1ms);

  BOOST_TEST(first == "a a a a a b a");
}

BOOST_AUTO_TEST_CASE(users_get_equal_time_and_not_equal_numbers) {
  queue all(5ms);
  push(all, anna, "a", 1'000);
  push(all, ben, "b", 1'000);
  int long_ones = 0;
  int short_ones = 0;
  for (int piece = 0; piece < 700; ++piece) {
    auto const next = all.take();
    bool const is_long = next->what == "a";
    ++(is_long ? long_ones : short_ones);
    all.settle(next->whose, next->expected, is_long ? 6ms : 1ms);
  }

  BOOST_TEST(short_ones > 5 * long_ones);
  BOOST_TEST(short_ones < 7 * long_ones);
}

BOOST_AUTO_TEST_CASE(who_asks_for_one_thing_at_a_time_pays_for_it) {
  queue all(5ms);
  push(all, ben, "b", 100);
  all.push(anna, "a");
  std::string order;
  for (int piece = 0; piece < 30; ++piece) {
    auto const next = all.take();
    order += next->what;
    all.settle(next->whose, next->expected, next->what == "a" ? 50ms : 1ms);
    if (next->what == "a") all.push(anna, "a"); // again, at once
  }

  BOOST_TEST(std::count(order.begin(), order.end(), 'a') == 1);
}

BOOST_AUTO_TEST_CASE(privileged_users_have_half_of_the_time) {
  queue all(5ms);
  for (uid_t uid = 1'000; uid < 1'050; ++uid)
    push(all, {.uid = uid, .is_privileged = false}, "u", 10);
  push(all, root, "r", 100);

  auto const order = run(all, 100, 1ms);

  BOOST_TEST(std::count(order.begin(), order.end(), 'r') >= 49);
  BOOST_TEST(std::count(order.begin(), order.end(), 'u') >= 49);
}

BOOST_AUTO_TEST_CASE(time_that_nobody_else_wanted_is_not_saved_up) {
  queue all(5ms);
  push(all, anna, "u", 100);
  BOOST_TEST(run(all, 50, 10ms).size() == 99U);
  push(all, root, "r", 100);

  auto const order = run(all, 20, 1ms);

  BOOST_TEST(std::count(order.begin(), order.end(), 'u') >= 9);
}

BOOST_AUTO_TEST_CASE(pieces_are_removed_and_counted_by_user) {
  queue all;
  push(all, anna, "a", 3);
  push(all, anna, "x", 2);
  push(all, ben, "x", 1);
  BOOST_TEST(all.size_of(1'000) == 5U);

  auto const removed = all.remove_if([](std::string const& one) { return one == "x"; });

  BOOST_TEST(removed.size() == 3U);
  BOOST_TEST(all.size() == 3U);
  BOOST_TEST(all.size_of(1'001) == 0U);
  BOOST_TEST(run(all, 9, 1ms) == "a a a");
}

BOOST_AUTO_TEST_SUITE_END()
