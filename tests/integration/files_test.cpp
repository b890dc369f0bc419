#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

// From a saved file to an answer and a pushed change.

namespace {

using namespace cfgd::test;
using namespace std::chrono_literals;

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(an_edit_is_pushed_whole_with_its_origin) {
  running test;
  test.save("app.toml", "a = 1\nb = 2\nc = 3\n");
  test.daemon.start();
  auto watching = watch(test.daemon.socket(), R"(["app"])");

  test.save("app.toml", "a = 1\nb = 3\nd = 4\n");
  auto const change = watching.parameters();

  BOOST_TEST(text_of(change.at("values")) == R"({"app.b":3,"app.d":4})");
  BOOST_TEST(text_of(change.at("removed")) == R"(["app.c"])");
  BOOST_TEST(text_of(change.at("revision")) == "2");
  auto const& origin = change.at("origin").as_object();
  BOOST_TEST(text_of(origin.at("layer")) == R"("admin")");
  BOOST_TEST(origin.at("path").as_string().ends_with("/app.toml"));
  BOOST_TEST(text_of(origin.at("line")) == "2");
}

BOOST_AUTO_TEST_CASE(a_bad_edit_keeps_the_good_values_and_is_reported_with_its_place) {
  running test;
  test.save("app.yaml", "a: 1\n");
  test.daemon.start();

  test.save("app.yaml", "a: 2\nb: [1,\n");
  test.daemon.wait_for_line("app.yaml':");
  test.sync();

  BOOST_TEST(test.value("app.a") == "1");
  BOOST_TEST(test.revision() == 1U);
  auto const source = test.source("app.yaml");
  BOOST_TEST(source.state == "quarantined");
  BOOST_TEST(source.line.value() >= 2);
  BOOST_TEST(source.column.value() >= 1);
  auto const status = test.daemon.connect().status().value();
  BOOST_TEST(status.degraded);
  BOOST_TEST(status.status == "warning");
}

BOOST_AUTO_TEST_CASE(mending_a_bad_file_ends_its_quarantine) {
  running test;
  test.save("app.json", R"({"a":1})");
  test.daemon.start();
  test.save("app.json", R"({"a":2,})");
  test.daemon.wait_for_line("app.json':1:8");

  test.save("app.json", R"({"a":1})"); // byte for byte what was good before
  test.daemon.wait_for_line("is valid again");
  test.sync();

  BOOST_TEST(test.source("app.json").state == "active");
  BOOST_TEST(!test.daemon.connect().status().value().degraded);
  BOOST_TEST(test.revision() == 1U); // nothing effective has changed
}

BOOST_AUTO_TEST_CASE(a_namespace_that_was_never_good_is_known_and_empty) {
  running test;
  test.save("app.json", "{");
  test.daemon.start();

  BOOST_TEST(test.value("app.a") == "-");
  BOOST_TEST(test.source("app.json").state == "quarantined");
  BOOST_TEST(test.daemon.log().find("nothing of it is effective") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(higher_layers_win_and_null_removes) {
  running test(
      {.arguments = {}, .environment = {"CFGD_APP__FROM__ENVIRONMENT=true", "CFGD_APP__FIVE=5"}});
  auto const put = [&](char const* path, char const* text) { write_file(test.root / path, text); };
  put("vendor/namespaces/app.json", R"({"one":1,"two":1,"three":1,"four":1,"five":1,"six":1})");
  put("etc/namespaces/app.json", R"({"two":2,"three":2,"four":null})");
  put("etc/namespaces/app.d/10-a.toml", "three = 3\nsix = 3\n");
  put("etc/namespaces/app.d/20-b.toml", "three = 4\n");
  put("run/namespaces/app.ini", "six = 6\n");
  test.daemon.start();
  test.daemon.connect().set({.values = {{"app.one", 9}}}).value();

  BOOST_TEST(test.value("app") ==
             R"({"five":5,"from":{"environment":true},"one":9,"six":6,"three":4,"two":2})");
}

BOOST_AUTO_TEST_CASE(a_deleted_file_takes_its_values_with_it) {
  running test;
  test.save("app.toml", "a = 1\n");
  test.save("app.d/10.toml", "b = 2\n");
  test.daemon.start();
  auto watching = watch(test.daemon.socket());

  std::filesystem::remove(test.daemon.admin("app.d/10.toml"));

  BOOST_TEST(text_of(watching.parameters().at("removed")) == R"(["app.b"])");
  BOOST_TEST(test.value("app") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(files_saved_together_are_one_revision) {
  running test;
  test.save("a.toml", "x = 1\n");
  test.save("b.toml", "x = 1\n");
  test.daemon.start();
  auto watching = watch(test.daemon.socket());

  test.save("a.toml", "x = 2\n");
  test.save("b.toml", "x = 2\n");

  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"a.x":2,"b.x":2})");
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_missing_is_waited_for) {
  running test;
  std::filesystem::remove_all(test.root / "etc");
  test.daemon.start();
  auto watching = watch(test.daemon.socket());

  test.save("late.toml", "x = 1\n");

  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"late.x":1})");
}

BOOST_AUTO_TEST_CASE(files_that_others_may_write_are_refused) {
  running test;
  test.save("app.toml", "a = 1\n");
  test.daemon.start();

  ::chmod(test.daemon.admin("app.toml").c_str(), 0666);
  test.daemon.wait_for_line("mode 0666");
  test.sync();

  BOOST_TEST(test.source("app.toml").state == "untrusted");
  BOOST_TEST(test.value("app.a") == "1");

  ::chmod(test.daemon.admin("app.toml").c_str(), 0644);
  test.daemon.wait_for_line("is valid again");
}

BOOST_AUTO_TEST_CASE(reload_reads_everything_again) {
  running test;
  test.save("app.toml", "a = 1\n");
  test.daemon.start();

  BOOST_TEST(test.daemon.connect().reload().value() == 1U);
  BOOST_TEST(test.revision() == 1U);
}

BOOST_AUTO_TEST_CASE(sync_during_an_edit_says_how_many_files_wait) {
  running test;
  test.save("site.toml", "x = 1\n");
  test.daemon.start();
  stream edit(test.daemon.socket());
  edit.ask(running::call_more("Config.BeginEdit"));
  BOOST_TEST(test.answer("Config.Sync") == R"({"revision":1})");

  test.save("site.toml", "x = 2\n");
  test.save("other.toml", "y = 1\n");

  BOOST_TEST(test.answer("Config.Sync") == R"({"revision":1,"waiting":2})");
  BOOST_TEST(test.value("site.x") == "1");
  test.call("Config.EndEdit");
  BOOST_TEST(test.answer("Config.Sync") == R"({"revision":2})");
  BOOST_TEST(test.value("site.x") == "2");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
