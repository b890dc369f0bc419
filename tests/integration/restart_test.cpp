#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <sysexits.h>

#include <csignal>

// What a daemon finds when it comes back.

namespace cases {

using namespace cfgd::test;

BOOST_AUTO_TEST_SUITE(restart)

BOOST_FIXTURE_TEST_CASE(the_revision_goes_on_and_nothing_changed_is_no_revision, running) {
  save("a.toml", "x = 1\n");
  save("b.toml", "x = 1\n");
  daemon.start();
  daemon.connect().set({.values = {{"a.y", 2}}}).value();
  BOOST_TEST(revision() == 3U);
  BOOST_TEST(daemon.stop() == 0);

  daemon.start();

  BOOST_TEST(revision() == 3U);
  BOOST_TEST(value("a") == R"({"x":1,"y":2})");
}

BOOST_FIXTURE_TEST_CASE(what_changed_meanwhile_is_one_revision_a_namespace, running) {
  save("a.toml", "x = 1\n");
  save("b.toml", "x = 1\n");
  save("c.toml", "x = 1\n");
  daemon.start();
  daemon.stop();

  save("a.toml", "x = 2\n");
  save("a.d/1.toml", "y = 2\n");
  save("b.toml", "x = 3\n");
  std::filesystem::remove(daemon.admin("c.toml"));
  daemon.start();

  BOOST_TEST(revision() == 6U);
  BOOST_TEST(value("a") == R"({"x":2,"y":2})");
  BOOST_TEST(value("b.x") == "3");
  BOOST_TEST(value("c") == "-");
}

BOOST_FIXTURE_TEST_CASE(quarantine_and_last_good_content_outlive_it, running) {
  save("a.json", R"({"x":1})");
  daemon.start();
  save("a.json", "{\n  \"x\": }\n");
  daemon.wait_for_line("a.json':2");
  daemon.kill();

  daemon.start();

  BOOST_TEST(value("a.x") == "1");
  auto const file = source("a.json");
  BOOST_TEST(file.state == "quarantined");
  BOOST_TEST(file.line.value() == 2);
  BOOST_TEST(status().degraded);
}

BOOST_AUTO_TEST_CASE(a_variable_of_the_environment_that_is_gone_takes_its_value_with_it) {
  temporary_directory const directory;
  auto const root = directory / "root";
  {
    daemon_process with(root, {.arguments = {}, .environment = {"CFGD_APP__X=1"}});
    with.start();
    BOOST_TEST(with.connect().status().value().revision == 1U);
    with.stop();
  }

  daemon_process without(root);
  without.start();

  BOOST_TEST(without.connect().status().value().revision == 2U);
  BOOST_TEST(!without.connect().get_value("app.x").value());
}

BOOST_FIXTURE_TEST_CASE(a_second_daemon_reports_who_has_the_store, running) {
  daemon.start();
  daemon_process second(root);

  BOOST_TEST(second.run_to_end() == EX_TEMPFAIL);
  BOOST_TEST(second.log().find(std::to_string(daemon.pid())) != std::string::npos);
  BOOST_TEST(revision() == 0U); // the first one serves on
}

BOOST_FIXTURE_TEST_CASE(a_fault_in_the_settings_is_reported_with_its_place, running) {
  save_settings("[watch]\nquiet_ms = 1\nlate = 2\n");

  BOOST_TEST(daemon.run_to_end() == EX_CONFIG);
  BOOST_TEST(daemon.log().find("cfgd.toml:3:1: unknown setting 'late'") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(settings_that_were_asked_for_must_be_there, running) {
  auto const absent = (root / "absent.toml").string();
  daemon_process asked(root, {.arguments = {"--config", absent}, .environment = {}});

  BOOST_TEST(asked.run_to_end() == EX_CONFIG);
  BOOST_TEST(asked.log().find(absent + ": No such file or directory") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_fault_in_the_settings_at_reload_keeps_what_was, running) {
  save("a.toml", "x = 1\n");
  daemon.start();
  save_settings("[log]\nlevel = 3\n");

  auto const refused = daemon.connect().reload();

  BOOST_REQUIRE(!refused);
  BOOST_TEST(refused.error().name == "io.cfgd.Service.BadSettings");
  BOOST_TEST(text_of(refused.error().parameters.at("line")) == "2");
  BOOST_TEST(daemon.log().find("keeping the previous settings") != std::string::npos);
  BOOST_TEST(value("a.x") == "1");
}

BOOST_FIXTURE_TEST_CASE(a_hangup_is_a_reload, running) {
  daemon.start();

  daemon.send_signal(SIGHUP);

  daemon.wait_for_line("reloading settings and sources");
  BOOST_TEST(daemon.stop() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
