#include "client/detail/published.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace {

/// Counts the objects that are there; both members are always equal.
struct counted {
  counted(std::atomic<int>& all, int number) : count(&all), first(number), second(number) {
    ++*count;
  }
  ~counted() {
    first = second = -1;
    --*count;
  }
  counted(counted const&) = delete;
  counted& operator=(counted const&) = delete;

  std::atomic<int>* count;
  int first;
  int second;
};

using numbers = cfgd::client::detail::published<counted>;

struct fixture {
  std::atomic<int> count{0};
  numbers all{std::make_unique<counted const>(count, 0)};

  void publish(int number) { all.publish(std::make_unique<counted const>(count, number)); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(published, fixture)

BOOST_AUTO_TEST_CASE(what_is_pinned_stays_until_it_is_refreshed) {
  numbers::pin held(all);

  publish(1);
  publish(2);

  BOOST_TEST(held->first == 0);
  BOOST_TEST(count == 2);
  BOOST_TEST(held.refresh());
  BOOST_TEST(held->first == 2);
  BOOST_TEST(!held.refresh());
  publish(3);
  BOOST_TEST(count == 2);
}

BOOST_AUTO_TEST_CASE(without_pins_only_the_newest_one_is_kept) {
  for (int number = 1; number < 10; ++number) {
    BOOST_TEST(numbers::pin(all)->first == number - 1);
    publish(number);
    BOOST_TEST(count == 1);
  }
}

BOOST_AUTO_TEST_CASE(there_may_be_any_number_of_pins) {
  std::vector<numbers::pin> pins;
  pins.reserve(100);
  for (int number = 1; number <= 100; ++number) {
    pins.emplace_back(all);
    publish(number);
  }
  BOOST_TEST(count == 101);

  for (int number = 0; number < 100; ++number)
    BOOST_TEST(pins.at(static_cast<std::size_t>(number))->first == number);
  pins.clear();
  publish(101);

  BOOST_TEST(count == 1);
}

BOOST_AUTO_TEST_CASE(a_moved_pin_keeps_its_object) {
  numbers::pin first(all);
  publish(1);
  numbers::pin second(all);

  first = std::move(second);
  numbers::pin const third(std::move(first));
  publish(2);

  BOOST_TEST(third->first == 1);
}

BOOST_AUTO_TEST_CASE(readers_see_whole_objects_in_order_while_others_are_published) {
  constexpr int last = 2'000;
  std::atomic<int> wrong{0};
  auto const read = [&] {
    numbers::pin held(all);
    for (int before = 0; before < last;) {
      numbers::pin const once(all);
      if (once->first != once->second || once->first < before) ++wrong;
      held.refresh();
      if (held->first != held->second || held->first < once->first) ++wrong;
      before = held->first;
    }
  };
  std::vector<std::thread> readers;
  readers.reserve(8);
  for (int n = 0; n < 8; ++n)
    readers.emplace_back(read);

  for (int number = 1; number <= last; ++number)
    publish(number);
  for (auto& one : readers)
    one.join();
  publish(last + 1);

  BOOST_TEST(wrong == 0);
  BOOST_TEST(count == 1);
}

BOOST_AUTO_TEST_SUITE_END()
