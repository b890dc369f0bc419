#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

// Namespaces of which no file ever was good.

namespace cases {

using namespace cfgd::test;

BOOST_AUTO_TEST_SUITE(fallback)

BOOST_FIXTURE_TEST_CASE(the_defaults_of_the_schema_serve_until_a_file_is_good, running) {
  save_schema("app.json", R"({"properties": {"n": {"type": "integer", "default": 7}}})");
  save("app.toml", "n = \"no number\"\n");
  daemon.start();

  daemon.wait_for_line("'app' is served from its schema's defaults");
  BOOST_TEST(value("app.n") == "7");
  auto const now = status();
  BOOST_TEST(now.fallback == std::vector<std::string>{"app"}, boost::test_tools::per_element());
  BOOST_TEST(now.degraded);

  save("app.toml", "n = 1\n");
  sync();

  BOOST_TEST(value("app.n") == "1");
  BOOST_TEST(status().fallback.empty());
  BOOST_TEST(!status().degraded);
}

BOOST_FIXTURE_TEST_CASE(without_a_schema_there_are_no_values, running) {
  save("app.json", "{");
  daemon.start();

  daemon.wait_for_line("nothing of it is effective; 'app' has no values");
  BOOST_TEST(status().fallback == std::vector<std::string>{"app"},
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(another_good_file_ends_it, running) {
  save("app.json", "{");
  daemon.start();

  save("app.d/10.json", R"({"n":1})");
  sync();

  BOOST_TEST(value("app.n") == "1");
  BOOST_TEST(status().fallback.empty());
  BOOST_TEST(status().degraded); // app.json still is refused
}

BOOST_FIXTURE_TEST_CASE(it_is_known_after_a_restart, running) {
  save("app.json", "{");
  daemon.start();
  daemon.stop();

  daemon.start();

  BOOST_TEST(status().fallback.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_good_once_needs_none, running) {
  save("app.json", R"({"n":1})");
  daemon.start();
  save("app.json", "{");
  daemon.wait_for_line("its last good content stays effective");

  BOOST_TEST(status().fallback.empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
