#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

// From a saved file to an answer and a pushed change.

namespace cases {

using namespace cfgd::test;

BOOST_AUTO_TEST_SUITE(files)

BOOST_FIXTURE_TEST_CASE(an_edit_is_pushed_whole_with_its_origin, running) {
  save("app.toml", "a = 1\nb = 2\nc = 3\n");
  daemon.start();
  auto watching = watch(daemon.socket(), R"(["app"])");

  save("app.toml", "a = 1\nb = 3\nd = 4\n");
  auto const change = watching.parameters();

  BOOST_TEST(text_of(change.at("values")) == R"({"app.b":3,"app.d":4})");
  BOOST_TEST(text_of(change.at("removed")) == R"(["app.c"])");
  BOOST_TEST(text_of(change.at("revision")) == "2");
  auto const& origin = change.at("origin").as_object();
  BOOST_TEST(text_of(origin.at("layer")) == R"("admin")");
  BOOST_TEST(origin.at("path").as_string().ends_with("/app.toml"));
  BOOST_TEST(text_of(origin.at("line")) == "2");
}

BOOST_FIXTURE_TEST_CASE(a_bad_edit_keeps_the_good_values_and_is_reported_with_its_place, running) {
  save("app.yaml", "a: 1\n");
  daemon.start();

  save("app.yaml", "a: 2\nb: [1,\n");
  daemon.wait_for_line("app.yaml':");
  sync();

  BOOST_TEST(value("app.a") == "1");
  BOOST_TEST(revision() == 1U);
  auto const file = source("app.yaml");
  BOOST_TEST(file.state == "quarantined");
  BOOST_TEST(file.line.value() >= 2);
  BOOST_TEST(file.column.value() >= 1);
  auto const now = status();
  BOOST_TEST(now.degraded);
  BOOST_TEST(now.status == "warning");
}

BOOST_FIXTURE_TEST_CASE(mending_a_bad_file_ends_its_quarantine, running) {
  save("app.json", R"({"a":1})");
  daemon.start();
  save("app.json", R"({"a":2,})");
  daemon.wait_for_line("app.json':1:8");

  save("app.json", R"({"a":1})"); // byte for byte what was good before
  daemon.wait_for_line("is valid again");
  sync();

  BOOST_TEST(source("app.json").state == "active");
  BOOST_TEST(!status().degraded);
  BOOST_TEST(revision() == 1U); // nothing effective has changed
}

BOOST_FIXTURE_TEST_CASE(a_namespace_that_was_never_good_is_known_and_empty, running) {
  save("app.json", "{");
  daemon.start();

  BOOST_TEST(value("app.a") == "-");
  BOOST_TEST(source("app.json").state == "quarantined");
  BOOST_TEST(daemon.log().find("nothing of it is effective") != std::string::npos);
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

BOOST_AUTO_TEST_CASE(variables_have_the_names_and_types_of_the_schema) {
  running test(
      {.arguments = {},
       .environment = {"CFGD_APP__LOG_LEVEL=10", "CFGD_APP__PORT=\"80\"", "CFGD_APP__FREE=1.10",
                       "CFGD_APP__PART__A=1", "CFGD_APP__PART=x", "CFGD_OTHER__LIST__0=z"}});
  test.save_schema("app.json", R"({"properties":{"logLevel":{"type":"string"},
                                                 "port":{"type":"integer"}}})");
  test.save("other.json", R"({"list":[1,2]})");
  test.daemon.start();

  BOOST_TEST(test.value("app") == R"({"free":"1.10","logLevel":"10","part":"x","port":80})");
  BOOST_TEST(test.value("other") == R"({"list":[1,2]})");
  auto const log = test.daemon.log();
  BOOST_TEST(log.find("'CFGD_APP__PART__A': another variable sets a value that it is a part of") !=
             std::string::npos);
  BOOST_TEST(log.find("'other.list' is an array in a lower layer") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_a_file_may_mean_otherwise_is_in_sources_and_in_the_log, running) {
  save("app.yaml", "on: yes\nmode: 0755\n");
  save("web.env", "ACCOUNT=12345678901234567890\n");
  daemon.start();

  auto const yaml = source("app.yaml");
  BOOST_TEST(yaml.state == "active");
  BOOST_TEST(!yaml.message.has_value());
  BOOST_REQUIRE_EQUAL(yaml.issues.size(), 3U);
  BOOST_TEST(yaml.issues[2].severity == "warning");
  BOOST_TEST(yaml.issues[2].line.value() == 2);
  BOOST_TEST(yaml.issues[2].column.value() == 7);
  BOOST_TEST(source("web.env").issues.at(0).message ==
             "the integer is out of the range of int64; it is kept as text");
  BOOST_TEST(daemon.log().find("app.yaml':2:7: app.mode: this is a decimal number") !=
             std::string::npos);
  daemon.stop();
  daemon.start();
  BOOST_TEST(source("app.yaml").issues.size() == 3U);
  save("app.yaml", "mode: 755\n");
  sync();
  BOOST_TEST(source("app.yaml").issues.empty());
}

BOOST_FIXTURE_TEST_CASE(a_deleted_file_takes_its_values_with_it, running) {
  save("app.toml", "a = 1\n");
  save("app.d/10.toml", "b = 2\n");
  daemon.start();
  auto watching = watch(daemon.socket());

  std::filesystem::remove(daemon.admin("app.d/10.toml"));

  BOOST_TEST(text_of(watching.parameters().at("removed")) == R"(["app.b"])");
  BOOST_TEST(value("app") == R"({"a":1})");
}

BOOST_FIXTURE_TEST_CASE(an_emptied_file_keeps_its_values_for_a_while_and_says_so, running) {
  save_settings("[watch]\ngrace_ms = 10\nempty_ms = 3600000\n");
  save("app.toml", "a = 1\nb = 2\n");
  daemon.start();

  write_file(daemon.admin("app.toml"), "");
  daemon.wait_for_line("app.toml' is empty");

  BOOST_TEST(answer("Config.Sync") == R"({"emptied":1,"revision":1})");
  BOOST_TEST(value("app") == R"({"a":1,"b":2})");
  BOOST_TEST(source("app.toml").state == "missing");
  BOOST_TEST(source("app.toml").message.value().find("is empty") != std::string::npos);
  BOOST_TEST(status().degraded);
  save("app.toml", "a = 3\n");
  daemon.wait_for_line("is valid again");
  BOOST_TEST(answer("Config.Sync") == R"({"revision":2})");
  BOOST_TEST(value("app") == R"({"a":3})");
}

BOOST_FIXTURE_TEST_CASE(an_empty_file_at_a_start_loses_its_values_with_a_warning, running) {
  save_settings("[watch]\ngrace_ms = 10\nempty_ms = 300\n");
  save("app.toml", "a = 1\nb = 2\n");
  daemon.start();
  daemon.stop();
  write_file(daemon.admin("app.toml"), "");
  daemon.start();

  daemon.wait_for_line("the file has become empty: 2 values no longer apply");

  BOOST_TEST(value("app.a") == "-");
  BOOST_TEST(daemon.log().find("app.toml' is empty; unless") != std::string::npos);
  // The log has the warning; afterwards it is a fact, also after another start.
  for (bool const again : {false, true}) {
    if (again) {
      daemon.stop();
      daemon.start();
    }
    auto const later = source("app.toml");
    BOOST_TEST(later.state == "active");
    BOOST_TEST(later.message.value() == "the file has become empty: 2 values no longer apply");
    BOOST_TEST(later.issues.empty());
    BOOST_TEST(!status().degraded);
  }
  save("app.toml", "a = 1\n");
  sync();
  BOOST_TEST(!source("app.toml").message.has_value());
}

BOOST_FIXTURE_TEST_CASE(files_that_are_not_used_are_listed_and_are_no_fault, running) {
  write_file(root / "vendor/namespaces/app.toml", "a = 1\n");
  write_file(root / "vendor/namespaces/app.d/10.toml", "b = 2\n");
  save("app.yaml", "c: 3\n");
  save("App.yaml", "d: 4\n");
  daemon.start();
  BOOST_TEST(value("app") == R"({"a":1,"b":2,"c":3})");

  std::filesystem::create_symlink("/dev/null", daemon.admin("app.toml"));
  sync();

  BOOST_TEST(value("app") == R"({"b":2,"c":3})");
  BOOST_TEST(source("vendor/namespaces/app.toml").state == "masked");
  BOOST_TEST(source("App.yaml").state == "ignored");
  BOOST_TEST(source("App.yaml").message.value().starts_with("'App' is not the name"));
  BOOST_TEST(!status().degraded);
  BOOST_TEST(daemon.log().find("app.toml' was masked by '") != std::string::npos);
  daemon.stop();
  daemon.start();
  BOOST_TEST(value("app") == R"({"b":2,"c":3})");
  std::filesystem::remove(daemon.admin("app.toml"));
  sync();
  BOOST_TEST(value("app") == R"({"a":1,"b":2,"c":3})");
}

BOOST_FIXTURE_TEST_CASE(files_saved_together_are_one_revision, running) {
  save_settings("[watch]\nquiet_ms = 400\nlate_ms = 5000\n"); // time for both saves
  save("a.toml", "x = 1\n");
  save("b.toml", "x = 1\n");
  daemon.start();
  auto watching = watch(daemon.socket());

  save("a.toml", "x = 2\n");
  save("b.toml", "x = 2\n");

  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"a.x":2,"b.x":2})");
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_is_missing_is_waited_for, running) {
  std::filesystem::remove_all(root / "etc");
  daemon.start();
  auto watching = watch(daemon.socket());

  save("late.toml", "x = 1\n");

  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"late.x":1})");
}

BOOST_FIXTURE_TEST_CASE(files_that_others_may_write_are_refused, running) {
  save("app.toml", "a = 1\n");
  daemon.start();

  ::chmod(daemon.admin("app.toml").c_str(), 0666);
  daemon.wait_for_line("mode 0666");
  sync();

  BOOST_TEST(source("app.toml").state == "untrusted");
  BOOST_TEST(value("app.a") == "1");

  ::chmod(daemon.admin("app.toml").c_str(), 0644);
  daemon.wait_for_line("is valid again");
}

BOOST_FIXTURE_TEST_CASE(reload_reads_everything_again, running) {
  save("app.toml", "a = 1\n");
  daemon.start();

  BOOST_TEST(daemon.connect().reload().value() == 1U);
  BOOST_TEST(revision() == 1U);
}

BOOST_FIXTURE_TEST_CASE(sync_during_an_edit_says_how_many_files_wait, running) {
  save("site.toml", "x = 1\n");
  daemon.start();
  stream edit(daemon.socket());
  edit.ask(running::call_more("Config.BeginEdit"));
  BOOST_TEST(answer("Config.Sync") == R"({"revision":1})");

  save("site.toml", "x = 2\n");
  save("other.toml", "y = 1\n");

  BOOST_TEST(answer("Config.Sync") == R"({"revision":1,"waiting":2})");
  BOOST_TEST(value("site.x") == "1");
  call("Config.EndEdit");
  BOOST_TEST(answer("Config.Sync") == R"({"revision":2})");
  BOOST_TEST(value("site.x") == "2");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
