#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

// The project's own example. tests/docs runs the commands that README shows.

namespace {

using namespace cfgd::test;

struct example : running {
  example() {
    std::filesystem::copy(CFGD_EXAMPLE, root / "etc", std::filesystem::copy_options::recursive);
    daemon.start();
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(example)

BOOST_FIXTURE_TEST_CASE(every_format_is_read, ::example) {
  BOOST_TEST(value("web.workers") == "2");
  BOOST_TEST(value("web.maintenance") == "false");
  BOOST_TEST(value("web.servers[1]") ==
             R"({"answer":"ok","name":"status.example.org","port":8080})");
  BOOST_TEST(value("time.servers").find(R"(["ntp1.example.org",)") == 0U);
  BOOST_TEST(value("time.leap.maximum_skew") == "0.5");
  BOOST_TEST(value("limits.tasks") == "4096");
  BOOST_TEST(value("limits.memory") == R"("2G")");
  BOOST_TEST(value("limits.upload.maximum_bytes") == "5242880");
  BOOST_TEST(value("mail.port") == "587");
}

BOOST_FIXTURE_TEST_CASE(a_drop_in_is_merged_over_the_file, ::example) {
  auto const explained = daemon.connect().explain("limits.open_files").value();

  BOOST_TEST(text_of(explained.value.value()) == "131072");
  BOOST_REQUIRE(explained.candidates.size() == 3U);
  BOOST_TEST(explained.candidates[0].from.path->ends_with("limits.d/50-database.jsonc"));
  BOOST_TEST(explained.candidates[0].from.line.value() == 3);
  BOOST_TEST(explained.candidates[1].from.path->ends_with("limits.ini"));
  BOOST_TEST(explained.candidates[1].from.line.value() == 2);
  BOOST_TEST(text_of(explained.candidates[1].value.value()) == "65536");
}

BOOST_FIXTURE_TEST_CASE(rules_look_at_several_namespaces, ::example) {
  auto const refused =
      daemon.connect().set({.values = {{"web.workers", 32}, {"web.connections", 4096}}});

  BOOST_TEST(!refused.has_value());
  BOOST_TEST(value("web.workers") == "2");
}

BOOST_FIXTURE_TEST_CASE(a_list_has_the_leaves_in_key_order, ::example) {
  auto const all = daemon.connect().list("time").value();

  std::string keys;
  for (auto const& member : all.values)
    keys += std::string(member.key()) + ' ';
  BOOST_TEST(keys == "time.leap.maximum_skew time.leap.smear time.servers time.step ");
}

BOOST_FIXTURE_TEST_CASE(status_names_the_namespaces, ::example) {
  auto const status = daemon.connect().status().value();

  BOOST_TEST(status.ready);
  BOOST_TEST(!status.degraded);
  BOOST_TEST(status.status == "healthy");
  BOOST_TEST(status.namespaces == (std::vector<std::string>{"limits", "mail", "time", "web"}),
             boost::test_tools::per_element());
  BOOST_TEST(status.revision == 4U); // one for each namespace
  BOOST_TEST(status.pid == daemon.pid());
}

BOOST_FIXTURE_TEST_CASE(sources_are_listed_with_their_state, ::example) {
  auto const drop_in = source("50-database.jsonc");

  BOOST_TEST(drop_in.state == "active");
  BOOST_TEST(drop_in.name_space == "limits");
  BOOST_TEST(drop_in.layer == "admin");
  BOOST_TEST(drop_in.watch == "inotify");
  BOOST_TEST(drop_in.size == 105);
  BOOST_TEST(daemon.connect().sources().value().size() == 10U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
