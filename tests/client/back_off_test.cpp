#include "client/detail/back_off.hpp"

#include <boost/test/unit_test.hpp>

using waits = cfgd::client::detail::back_off;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(back_off)

BOOST_AUTO_TEST_CASE(waits_double_up_to_the_longest) {
  waits wait(milliseconds(100), milliseconds(5000));

  for (int const expected : {100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    BOOST_TEST(wait.next(0).count() == expected);
  }
}

BOOST_AUTO_TEST_CASE(spread_takes_up_to_half) {
  waits wait(milliseconds(100), milliseconds(100));

  BOOST_TEST(wait.next(0.5).count() == 75);
  BOOST_TEST(wait.next(1).count() == 50);
  BOOST_TEST(wait.next(7).count() == 50);
}

BOOST_AUTO_TEST_CASE(success_begins_anew) {
  waits wait(milliseconds(100), milliseconds(5000));
  wait.next(0);
  wait.next(0);

  wait.reset();

  BOOST_TEST(wait.next(0).count() == 100);
}

BOOST_AUTO_TEST_CASE(senseless_limits_still_wait) {
  waits wait(milliseconds(0), milliseconds(-1));

  BOOST_TEST(wait.next(0).count() == 1);
  BOOST_TEST(wait.next(0).count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
