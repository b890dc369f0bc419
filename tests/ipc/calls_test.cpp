#include "tests/support/serving.hpp"

#include <boost/test/unit_test.hpp>

using namespace cfgd::test;

BOOST_AUTO_TEST_SUITE(calls)

BOOST_AUTO_TEST_CASE(a_call_is_answered) {
  serving here;
  here.start();
  auto client = here.connect();

  BOOST_TEST(client.ask(try_call("Echo", R"({"text":"hello"})")) ==
             R"({"parameters":{"text":"hello"}})");
  BOOST_TEST(here.server->figures().calls == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
