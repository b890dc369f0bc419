#include "daemon/pieces.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

// Time is counted: it advances by one with each item that is made.

namespace {

using cfgd::pieces;
using cfgd::time_share;
using std::chrono::microseconds;

struct counted_time {
  time_share::clock::time_point now{};

  time_share share(int items) {
    return time_share(microseconds(items), [this] { return now; });
  }
};

/// The numbers below `count`; making one takes a microsecond.
class numbers final : public cfgd::item_source {
 public:
  numbers(int count, counted_time& time) : count_(count), time_(time) {}
  bool at_end() override { return next_ == count_; }
  void append(std::string& out) override {
    out += std::to_string(next_++);
    time_.now += microseconds(1);
  }

 private:
  int count_;
  counted_time& time_;
  int next_ = 0;
};

struct fixture {
  counted_time time;
  pieces list(int count, std::size_t piece_bytes) {
    return {std::make_unique<numbers>(count, time), piece_bytes};
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(pieces)

using ::fixture;

BOOST_FIXTURE_TEST_CASE(an_empty_list_is_one_empty_piece, fixture) {
  auto const one = list(0, 10).step(time.share(10));

  BOOST_REQUIRE(one.has_value());
  BOOST_TEST(one->items == "");
  BOOST_TEST(one->is_last);
}

BOOST_FIXTURE_TEST_CASE(pieces_are_about_as_long_as_asked, fixture) {
  auto all = list(5, 3);

  auto const first = all.step(time.share(100));
  auto const second = all.step(time.share(100));
  auto const third = all.step(time.share(100));

  BOOST_REQUIRE((first && second && third));
  BOOST_TEST(first->items == "0,1");
  BOOST_TEST(!first->is_last);
  BOOST_TEST(second->items == "2,3");
  BOOST_TEST(third->items == "4");
  BOOST_TEST(third->is_last);
}

BOOST_FIXTURE_TEST_CASE(a_list_that_fills_its_last_piece_has_no_empty_one, fixture) {
  auto all = list(2, 3);

  auto const only = all.step(time.share(100));

  BOOST_REQUIRE(only.has_value());
  BOOST_TEST(only->items == "0,1");
  BOOST_TEST(only->is_last);
}

BOOST_FIXTURE_TEST_CASE(no_step_takes_more_than_its_share, fixture) {
  auto all = list(1'000, 100'000);
  int steps = 1;
  auto before = time.now;
  auto one = all.step(time.share(7));

  for (; !one; ++steps) {
    BOOST_TEST((time.now - before <= microseconds(7)));
    before = time.now;
    one = all.step(time.share(7));
  }

  BOOST_TEST(one->is_last);
  BOOST_TEST(one->items.ends_with(",998,999"));
  BOOST_TEST(steps == 1'000 / 7 + 1);
}

BOOST_FIXTURE_TEST_CASE(a_step_without_time_makes_one_item, fixture) {
  auto all = list(3, 100);

  BOOST_TEST(!all.step(time.share(0)));
  BOOST_TEST(!all.step(time.share(0)));

  auto const one = all.step(time.share(0));
  BOOST_REQUIRE(one.has_value());
  BOOST_TEST(one->items == "0,1,2");
}

BOOST_FIXTURE_TEST_CASE(only_the_piece_that_is_being_made_is_held, fixture) {
  auto all = list(100'000, 1'000);
  std::size_t most = 0;

  for (;;) {
    auto const one = all.step(time.share(10));
    most = std::max(most, all.held_bytes());
    if (one && one->is_last) break;
  }

  BOOST_TEST(most <= 2'100U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
