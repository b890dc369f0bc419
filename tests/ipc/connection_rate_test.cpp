#include "ipc/connection_rate.hpp"

#include <boost/test/unit_test.hpp>

using cfgd::limits;
using rate = cfgd::ipc::connection_rate;
using namespace std::chrono_literals;

namespace {

limits ten_in_a_second() {
  limits bounds;
  bounds.connections_per_second = 10;
  bounds.connection_burst = 5;
  bounds.rated_users = 3;
  return bounds;
}

struct rated {
  rate of{ten_in_a_second()};
  rate::clock::time_point const now = rate::clock::time_point(1h);

  /// How long the next connection of `uid` waits, in milliseconds; -1: it is refused.
  std::int64_t wait(uid_t uid, rate::clock::duration after = 0s) {
    auto const at = of.take(uid, now + after);
    if (!at) return -1;
    return std::chrono::duration_cast<std::chrono::milliseconds>(*at - (now + after)).count();
  }
  void fill(uid_t uid) {
    while (wait(uid) >= 0) {
    }
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(connection_rate, rated)

BOOST_AUTO_TEST_CASE(a_burst_is_served_at_once_and_the_next_wait_for_their_share) {
  for (int count = 0; count < 5; ++count)
    BOOST_TEST(wait(1000) == 0);

  BOOST_TEST(wait(1000) == 100);
  BOOST_TEST(wait(1000) == 200);
}

BOOST_AUTO_TEST_CASE(who_would_wait_too_long_is_refused_and_does_not_wait_longer_for_it) {
  for (int count = 0; count < 15; ++count)
    BOOST_TEST(wait(1000) >= 0);

  for (int count = 0; count < 1000; ++count)
    BOOST_TEST(wait(1000) == -1);

  BOOST_TEST(wait(1000, 100ms) == 1000);
}

BOOST_AUTO_TEST_CASE(one_user_does_not_use_the_share_of_another) {
  fill(1000);

  BOOST_TEST(wait(1001) == 0);
}

BOOST_AUTO_TEST_CASE(who_stops_has_its_burst_again) {
  fill(1000);

  for (int count = 0; count < 5; ++count)
    BOOST_TEST(wait(1000, 2s) == 0);
  BOOST_TEST(wait(1000, 2s) == 100);
}

BOOST_AUTO_TEST_CASE(the_number_of_users_is_bounded_and_who_floods_is_not_forgotten) {
  fill(1000);
  for (uid_t uid = 2000; uid < 2100; ++uid)
    BOOST_TEST(wait(uid) == 0);

  BOOST_TEST(of.size() == 3U);
  BOOST_TEST(wait(1000) == -1);
}

BOOST_AUTO_TEST_SUITE_END()
