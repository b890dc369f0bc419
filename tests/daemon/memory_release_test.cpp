#include "daemon/memory_release.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <thread>

using namespace std::chrono_literals;

namespace {

constexpr std::size_t mib = std::size_t{1024} * 1024;

struct released {
  std::atomic<int> times = 0;
  cfgd::memory_release of{[this] { ++times; }};
  using clock = cfgd::memory_release::clock;
  clock::time_point const begin = clock::time_point(1h);

  /// Whether a release begins after this time with so much in use, and at most `most` since.
  bool look(std::chrono::milliseconds after, std::size_t used, std::size_t most = 0) {
    return of.look(used, most, begin + after);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(memory_release, released)

BOOST_AUTO_TEST_CASE(is_done_once_when_a_burst_is_over_for_a_second) {
  BOOST_TEST(!look(0ms, 40 * mib));
  BOOST_TEST(!look(1s, 10 * mib));
  BOOST_TEST(!look(1900ms, 10 * mib));
  BOOST_TEST(look(2s, 10 * mib));
  BOOST_TEST(!look(4s, 10 * mib));
  BOOST_TEST(!look(9s, 10 * mib));
}

BOOST_AUTO_TEST_CASE(a_burst_between_two_looks_counts) {
  BOOST_TEST(!look(0ms, 0, 40 * mib));
  BOOST_TEST(!look(1s, 0));
  BOOST_TEST(look(2s, 0));
}

BOOST_AUTO_TEST_CASE(waits_as_long_as_there_is_more_than_half_of_the_peak) {
  BOOST_TEST(!look(0ms, 40 * mib));
  BOOST_TEST(!look(10s, 21 * mib));
  BOOST_TEST(!look(20s, 20 * mib));
  BOOST_TEST(!look(20500ms, 20 * mib, 30 * mib));
  BOOST_TEST(!look(21500ms, 20 * mib));
  BOOST_TEST(look(22500ms, 20 * mib));
}

BOOST_AUTO_TEST_CASE(a_small_peak_is_not_worth_it) {
  BOOST_TEST(!look(0ms, 4 * mib - 1));
  BOOST_TEST(!look(10s, 0));
  BOOST_TEST(!look(20s, 0));
}

BOOST_AUTO_TEST_CASE(is_done_on_another_thread) {
  std::promise<std::thread::id> where;
  cfgd::memory_release other([&] { where.set_value(std::this_thread::get_id()); });

  BOOST_TEST(!other.look(8 * mib, 0, begin));
  BOOST_TEST(!other.look(0, 0, begin + 1s));
  BOOST_REQUIRE(other.look(0, 0, begin + 2s));

  BOOST_CHECK(where.get_future().get() != std::this_thread::get_id());
}

BOOST_AUTO_TEST_SUITE_END()
