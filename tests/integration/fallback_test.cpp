#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

// Namespaces of which no file ever was good.

namespace {

using namespace cfgd::test;

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(fallback)

BOOST_AUTO_TEST_CASE(the_defaults_of_the_schema_serve_until_a_file_is_good) {
  running test;
  test.save_schema("app.json", R"({"properties": {"n": {"type": "integer", "default": 7}}})");
  test.save("app.toml", "n = \"no number\"\n");
  test.daemon.start();

  test.daemon.wait_for_line("'app' is served from its schema's defaults");
  BOOST_TEST(test.value("app.n") == "7");
  auto const status = test.daemon.connect().status().value();
  BOOST_TEST(status.fallback == std::vector<std::string>{"app"}, boost::test_tools::per_element());
  BOOST_TEST(status.degraded);

  test.save("app.toml", "n = 1\n");
  test.sync();

  BOOST_TEST(test.value("app.n") == "1");
  BOOST_TEST(test.daemon.connect().status().value().fallback.empty());
  BOOST_TEST(!test.daemon.connect().status().value().degraded);
}

BOOST_AUTO_TEST_CASE(without_a_schema_there_are_no_values) {
  running test;
  test.save("app.json", "{");
  test.daemon.start();

  test.daemon.wait_for_line("nothing of it is effective; 'app' has no values");
  BOOST_TEST(test.daemon.connect().status().value().fallback == std::vector<std::string>{"app"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(another_good_file_ends_it) {
  running test;
  test.save("app.json", "{");
  test.daemon.start();

  test.save("app.d/10.json", R"({"n":1})");
  test.sync();

  BOOST_TEST(test.value("app.n") == "1");
  BOOST_TEST(test.daemon.connect().status().value().fallback.empty());
  BOOST_TEST(test.daemon.connect().status().value().degraded); // app.json still is refused
}

BOOST_AUTO_TEST_CASE(it_is_known_after_a_restart) {
  running test;
  test.save("app.json", "{");
  test.daemon.start();
  test.daemon.stop();

  test.daemon.start();

  BOOST_TEST(test.daemon.connect().status().value().fallback.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_good_once_needs_none) {
  running test;
  test.save("app.json", R"({"n":1})");
  test.daemon.start();
  test.save("app.json", "{");
  test.daemon.wait_for_line("its last good content stays effective");

  BOOST_TEST(test.daemon.connect().status().value().fallback.empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
