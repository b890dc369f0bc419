#include "tests/integration/fixture.hpp"
#include "tests/integration/one_save.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

// One save is one revision, seen from outside: file in, revision out.

namespace {

using namespace cfgd::test;

int count_from_environment(char const* name, int otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(saves)

BOOST_FIXTURE_TEST_CASE(each_replacement_that_is_waited_for_is_one_revision, running_quietly) {
  save("app.json", R"({"n":0})");
  daemon.start();
  auto watching = watch(daemon.socket());
  int const edits = count_from_environment("CFGD_EDITS", 50);

  for (int edit = 1; edit <= edits; ++edit) {
    save("app.json", "{\"n\":" + std::to_string(edit) + "}");
    auto const change = watching.parameters();
    BOOST_TEST(text_of(change.at("values")) == "{\"app.n\":" + std::to_string(edit) + "}");
    BOOST_TEST(text_of(change.at("revision")) == std::to_string(edit + 1));
  }
}

BOOST_FIXTURE_TEST_CASE(every_way_to_save_is_one_revision_with_the_right_value, running_quietly) {
  save_settings(save_trial::settings);
  std::filesystem::create_directories(root / "run" / "namespaces");
  daemon.start();
  save_trial trial({.socket = daemon.socket(),
                    .admin = root / "etc" / "namespaces",
                    .runtime = root / "run" / "namespaces"});
  BOOST_TEST(ways_to_save().size() >= 25U);

  for (auto const& one : ways_to_save()) {
    BOOST_TEST_CONTEXT(one.name) {
      auto const announced = trial.announced_by(one);
      BOOST_TEST(announced == save_trial::one_change(), boost::test_tools::per_element());
    }
  }
}

BOOST_FIXTURE_TEST_CASE(saves_without_a_change_are_no_revision, running_quietly) {
  std::string const text = R"({"n":1,"m":[1,2,3]})";
  save("app.json", text);
  daemon.start();
  int const saves = count_from_environment("CFGD_IDLE_SAVES", 1'000);

  for (int n = 0; n < saves; ++n) {
    if (n % 2 == 0)
      save("app.json", text);
    else
      write_file(daemon.admin("app.json"), text);
  }

  BOOST_TEST(sync() == 1U);
}

BOOST_FIXTURE_TEST_CASE(another_format_or_order_of_the_same_values_is_no_revision, running) {
  save("app.json", R"({"a":1,"b":{"c":true}})");
  daemon.start();

  save("app.json", "{ \"b\": {\"c\": true},\n  \"a\": 1 }\n");
  BOOST_TEST(sync() == 1U);
  save("app.yaml", "b:\n  c: true\na: 1\n");
  BOOST_TEST(sync() == 1U);
  std::filesystem::remove(daemon.admin("app.json"));
  BOOST_TEST(sync() == 1U);
  BOOST_TEST(value("app") == R"({"a":1,"b":{"c":true}})");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
