#include "tests/integration/fixture.hpp"
#include "tests/support/program_run.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// What overrides hide, as clients see it.

namespace {

using namespace cfgd::test;

/// Revision 1: the files. 2: an override of site.tagline.
struct overridden : running {
  overridden() {
    save("site.yaml", "title: T\ntagline: a\nextra: 1\n");
    save("theme.json", "{\n \"size\": 3,\n \"color\": \"red\"\n}\n");
    daemon.start();
  }
  std::string hide_tagline() {
    return answer_at("/hides/0/origin/line", "Config.Set", R"({"values":{"site.tagline":"x"}})");
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(overrides)

BOOST_FIXTURE_TEST_CASE(a_set_answers_with_the_values_of_files_that_it_hides, overridden) {
  BOOST_TEST(hide_tagline() == "2");
  BOOST_TEST(answer_at("/hidden", "Config.Set", R"({"values":{"site.title":"x"}})") == "1");
}

BOOST_FIXTURE_TEST_CASE(overrides_are_listed_and_counted, overridden) {
  hide_tagline();

  BOOST_TEST(answer_at("/overrides/0/key", "Config.ListOverrides") == R"("site.tagline")");
  BOOST_TEST(answer_at("/overrides/0/hides/0/origin/line", "Config.ListOverrides",
                       R"({"prefix":"site"})") == "2");
  BOOST_TEST(answer("Config.ListOverrides", R"({"prefix":"theme"})") == R"({"overrides":[]})");
  BOOST_TEST(source("site.yaml").keys.value() == 3);
  BOOST_TEST(source("site.yaml").overridden.value() == 1);
  BOOST_TEST(status().overrides.value() == 1);
  BOOST_TEST(status().hidden.value() == 1);
  BOOST_TEST(status().hidden_since.has_value());
  daemon.stop();
  daemon.start();
  BOOST_TEST(status().hidden.value() == 1);
}

BOOST_FIXTURE_TEST_CASE(keys_of_one_revision_name_their_own_files, overridden) {
  auto service = daemon.connect();
  auto const before = revision();
  auto editing = stream(daemon.socket());
  editing.ask(call_more("Config.BeginEdit"));
  save("site.yaml", "title: T\nextra: 2\ntagline: a\n");
  save("theme.json", "{\n \"color\": \"blue\",\n \"size\": 4\n}\n");
  sync();
  call("Config.EndEdit");

  BOOST_TEST(revision() == before + 1);
  for (auto const& line : service.blame("theme").value().lines) {
    BOOST_TEST(line.from.path.value().ends_with("theme.json"), line.key);
    BOOST_TEST(line.from.line.value() == (line.key == "theme.color" ? 2 : 3), line.key);
  }
  auto const change = service.log({.limit = 1}).value().changes.front();
  BOOST_TEST(change.from.path.value().ends_with("site.yaml"));
  BOOST_REQUIRE(change.origins.size() == 1U);
  BOOST_TEST(change.origins.front().from.path.value().ends_with("theme.json"));
  BOOST_TEST(text_of(change.origins.front().lines) == R"({"theme.color":2,"theme.size":3})");
}

BOOST_FIXTURE_TEST_CASE(a_soft_rollback_gives_way_to_the_next_edit, overridden) {
  auto const first = revision();
  save("site.yaml", "title: T\ntagline: b\nextra: 2\n");
  sync();
  call("History.Rollback", R"({"revision":)" + std::to_string(first) + R"(,"soft":true})");
  BOOST_TEST(value("site.tagline") == R"("a")");

  save("site.yaml", "title: T\ntagline: c\nextra: 2\n");
  sync();

  BOOST_TEST(value("site.tagline") == R"("c")");
  BOOST_TEST(value("site.extra") == "1");
}

BOOST_FIXTURE_TEST_CASE(promote_moves_an_override_into_a_file_of_the_same_format, overridden) {
  hide_tagline();
  auto const before = read_file(daemon.admin("site.yaml"));

  program_run run(CFGCTL_PROGRAM, {"--socket", daemon.socket(), "promote", "site"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err() == "");
  BOOST_TEST(read_file(daemon.admin("site.d/90-cfgctl.yaml")) == "tagline: x\n");
  BOOST_TEST(read_file(daemon.admin("site.yaml")) == before);
  BOOST_TEST(value("site.tagline") == R"("x")");
  BOOST_TEST(answer("Config.ListOverrides") == R"({"overrides":[]})");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
