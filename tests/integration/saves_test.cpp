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

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(saves)

BOOST_AUTO_TEST_CASE(each_replacement_that_is_waited_for_is_one_revision) {
  running test({.arguments = {"--log-level", "warning"}, .environment = {}});
  test.save("app.json", R"({"n":0})");
  test.daemon.start();
  auto watching = watch(test.daemon.socket());
  int const edits = count_from_environment("CFGD_EDITS", 50);

  for (int edit = 1; edit <= edits; ++edit) {
    test.save("app.json", "{\"n\":" + std::to_string(edit) + "}");
    auto const change = watching.parameters();
    BOOST_TEST(text_of(change.at("values")) == "{\"app.n\":" + std::to_string(edit) + "}");
    BOOST_TEST(text_of(change.at("revision")) == std::to_string(edit + 1));
  }
}

BOOST_AUTO_TEST_CASE(every_way_to_save_is_one_revision_with_the_right_value) {
  running test({.arguments = {"--log-level", "warning"}, .environment = {}});
  write_file(test.root / "etc" / "cfgd.toml", save_trial::settings);
  std::filesystem::create_directories(test.root / "run" / "namespaces");
  test.daemon.start();
  save_trial trial({.socket = test.daemon.socket(),
                    .admin = test.root / "etc" / "namespaces",
                    .runtime = test.root / "run" / "namespaces"});
  BOOST_TEST(ways_to_save().size() >= 25U);

  for (auto const& one : ways_to_save()) {
    BOOST_TEST_CONTEXT(one.name) {
      auto const announced = trial.announced_by(one);
      BOOST_TEST(announced == save_trial::one_change(), boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(saves_without_a_change_are_no_revision) {
  running test({.arguments = {"--log-level", "warning"}, .environment = {}});
  std::string const text = R"({"n":1,"m":[1,2,3]})";
  test.save("app.json", text);
  test.daemon.start();
  int const saves = count_from_environment("CFGD_IDLE_SAVES", 1'000);

  for (int save = 0; save < saves; ++save) {
    if (save % 2 == 0)
      test.save("app.json", text);
    else
      write_file(test.daemon.admin("app.json"), text);
  }

  BOOST_TEST(test.sync() == 1U);
}

BOOST_AUTO_TEST_CASE(another_format_or_order_of_the_same_values_is_no_revision) {
  running test;
  test.save("app.json", R"({"a":1,"b":{"c":true}})");
  test.daemon.start();

  test.save("app.json", "{ \"b\": {\"c\": true},\n  \"a\": 1 }\n");
  BOOST_TEST(test.sync() == 1U);
  test.save("app.yaml", "b:\n  c: true\na: 1\n");
  BOOST_TEST(test.sync() == 1U);
  std::filesystem::remove(test.daemon.admin("app.json"));
  BOOST_TEST(test.sync() == 1U);
  BOOST_TEST(test.value("app") == R"({"a":1,"b":{"c":true}})");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
