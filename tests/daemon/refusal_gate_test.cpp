#include "daemon/refusal_gate.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using cfgd::refusal_gate;
using namespace std::chrono_literals;

refusal_gate::clock::time_point const begin{1h};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(refusal_gate)

BOOST_AUTO_TEST_CASE(a_user_is_named_once_in_five_seconds_with_what_was_not_said) {
  ::refusal_gate gate;

  BOOST_TEST(gate.pass(1000, begin).value() == 0U);
  BOOST_TEST(!gate.pass(1000, begin + 1s).has_value());
  BOOST_TEST(!gate.pass(1000, begin + 4999ms).has_value());
  BOOST_TEST(gate.pass(1000, begin + 5s).value() == 2U);
  BOOST_TEST(!gate.pass(1000, begin + 6s).has_value());
}

BOOST_AUTO_TEST_CASE(one_user_does_not_silence_another) {
  ::refusal_gate gate;

  BOOST_TEST(gate.pass(1000, begin).has_value());
  BOOST_TEST(gate.pass(1001, begin).has_value());
}

BOOST_AUTO_TEST_CASE(many_users_are_not_remembered_for_ever) {
  ::refusal_gate gate;
  for (uid_t who = 0; who < ::refusal_gate::users; ++who)
    BOOST_TEST(gate.pass(who, begin).has_value());

  BOOST_TEST(!gate.pass(5000, begin).has_value());
  BOOST_TEST(gate.pass(5000, begin + 5s).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
