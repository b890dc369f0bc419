#include "core/json.hpp"
#include "tests/integration/applied.hpp"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <string>

// cfgd-apply as it is started, beside the real service. Units are in tests/system/apply_test.cpp.

namespace cases {
using namespace cfgd::test;

BOOST_FIXTURE_TEST_SUITE(apply, applied)

BOOST_AUTO_TEST_CASE(a_setting_is_in_the_file_when_set_wait_returns) {
  define("web", "", "port {{app.port}}\n", "check = [\"grep\", \"-q\", \"port\", \"{}\"]\n");
  begin();

  for (auto const* const port : {"81", "82", "83"}) {
    auto const done = cfgctl({"set", "--wait=30s", std::string("app.port=") + port});
    BOOST_TEST(done.code == 0, done);
    BOOST_TEST(content() == std::string("port ") + port + '\n');
  }
  auto const consumers = daemon.connect().consumers().value();
  BOOST_TEST(consumers.size() == 1U);
  BOOST_TEST(consumers.front().name == "cfgd-apply:web");
}

BOOST_AUTO_TEST_CASE(targets_are_found_below_a_relative_root) {
  define("web", "", "port {{app.port}}\n");
  begin();

  auto const done = cfgctl(std::filesystem::relative(root), {"render", "web"});

  BOOST_TEST(done.code == 0, done);
  BOOST_TEST(done.out.find("port 80\n") != std::string::npos, done);
}

BOOST_AUTO_TEST_CASE(what_a_check_refuses_is_not_applied_and_set_wait_says_so) {
  define(
      "web", "", "port {{app.port}}\n",
      R"(check = ["sh", "-c", "grep -q 'port [0-9]*$' $0 || { echo no number >&2; false; }", "{}"])");
  begin();

  auto const done = cfgctl({"set", "--wait=30s", "app.port=many"});

  BOOST_TEST(done.code != 0, done);
  BOOST_TEST((done.out + done.err).find("no number") != std::string::npos, done);
  BOOST_TEST(content() == "port 80\n");
  auto const shown = cfgctl({"targets", "web"});
  BOOST_TEST(shown.code == 1, shown);
  BOOST_TEST(shown.out.find("web: failed, revision 2") == 0U, shown);
  BOOST_TEST(shown.out.find("! no number") != std::string::npos, shown);
}

BOOST_AUTO_TEST_CASE(a_burst_of_changes_is_few_applications_and_the_last_one_counts) {
  define("web", "verify = [\"sh\", \"-c\", \"echo >>" + log().string() + "\"]\n",
         "port {{app.port}}\n");
  begin();

  auto connected = daemon.connect();
  for (int i = 1; i <= 200; ++i)
    BOOST_TEST(connected.set({.values = {{"app.port", i}}}).has_value());
  BOOST_TEST(cfgctl({"set", "--wait=30s", "app.port=201"}).code == 0);

  BOOST_TEST(content() == "port 201\n");
  auto const count = read_file(log()).size();
  BOOST_TEST_MESSAGE(count << " applications of 201 changes");
  BOOST_TEST(count < 60U);
}

BOOST_AUTO_TEST_CASE(what_changed_while_it_was_down_is_applied_at_its_start) {
  define("web", "", "port {{app.port}}\n");
  begin();
  stop_applying();
  daemon.connect().set({.values = {{"app.port", 81}}}).value();
  BOOST_TEST(content() == "port 80\n");

  start_applying();

  wait_for_content("port 81\n");
}

BOOST_AUTO_TEST_CASE(files_stay_while_the_service_is_away) {
  define("web", "", "port {{app.port}}\n");
  begin();
  stop_applying();
  daemon.stop();
  start_applying();
  applying->wait_for_error("cannot read settings, keeping all files");
  BOOST_TEST(content() == "port 80\n");

  daemon.start();
  daemon.connect().set({.values = {{"app.port", 81}}}).value();

  wait_for_content("port 81\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_changed_by_hand_is_overwritten_when_forced_alone) {
  define("web", "", "port {{app.port}}\n");
  begin();
  write_file(out(), "port 8080\n");

  auto const refused = cfgctl({"set", "--wait=30s", "app.port=81"});
  BOOST_TEST(refused.code != 0, refused);
  BOOST_TEST(content() == "port 8080\n");
  auto const diff = cfgctl({"targets", "--diff", "web"});
  BOOST_TEST(diff.code == 1, diff);
  BOOST_TEST(diff.out == "--- " + out().string() + "\n+++ " + out().string() +
                             " (rendered)\n@@ -1 +1 @@\n-port 8080\n+port 81\n");

  auto const forced = cfgctl({"targets", "--force", "web"});

  BOOST_TEST(forced.code == 0, forced);
  BOOST_TEST(content() == "port 81\n");
  BOOST_TEST(cfgctl({"targets", "--diff"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_dry_run_shows_which_files_a_change_would_touch) {
  define("web", "", "port {{app.port}}\nhost {{app.host}}\n");
  begin();

  auto const shown = cfgctl({"set", "--dry-run", "app.port=81"});

  BOOST_TEST(shown.code == 0, shown);
  BOOST_TEST(shown.out.ends_with("target web\n--- " + out().string() + "\n+++ " + out().string() +
                                 "\n@@ -1,2 +1,2 @@\n-port 80\n+port 81\n host localhost\n"),
             shown);
  BOOST_TEST(cfgctl({"set", "app.port=81"}).code == 0);
  auto const unset = cfgctl({"unset", "--dry-run", "app.port"});
  BOOST_TEST(unset.out.find("-port 81\n+port 80\n") != std::string::npos, unset);
}

BOOST_AUTO_TEST_CASE(a_target_is_rendered_without_being_applied) {
  define("web", "", "port {{app.port}}\n");
  begin();

  BOOST_TEST(cfgctl({"render", "web"}).out == "port 80\n");
  auto const absent = cfgctl({"render", "wab"});
  BOOST_TEST(absent.code == 1, absent);
  BOOST_TEST(absent.err == "cfgctl: render: there is no target 'wab'\n", absent);
}

BOOST_AUTO_TEST_CASE(a_faulty_target_is_reported_with_its_place_and_leaves_the_others) {
  define("web", "", "port {{app.port}}\n");
  write_file(root / "etc" / "targets" / "bad.toml", "\nunits = 1\n");
  begin();

  auto const shown = cfgctl({"targets", "bad"});

  BOOST_TEST(shown.code == 1, shown);
  BOOST_TEST(shown.out.find("bad.toml:2:1: unknown key 'units' in a target") != std::string::npos,
             shown);
  BOOST_TEST(cfgctl({"targets", "web"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_changed_target_is_read_by_itself) {
  define("web", "", "port {{app.port}}\n");
  begin();

  define("web", "", "Port {{app.port}} of {{app.host}}\n");
  wait_for_content("Port 80 of localhost\n");
}

BOOST_AUTO_TEST_CASE(a_faulty_target_is_a_problem_until_it_is_right) {
  define("web", "", "port {{app.port}}\n");
  begin();
  wait_for_state("applied");
  auto const problems = [&] { return cfgctl({"problems", "--open"}).out; };

  write_file(root / "etc" / "targets" / "bad.toml", "units = 1\n");
  define("web", "units = 1\n", "port {{app.port}}\n");
  wait_until([&] { return problems().find("cfgd-apply:web") != std::string::npos; }, "a problem");
  wait_until([&] { return problems().find("cfgd-apply:bad") != std::string::npos; }, "a problem");
  auto const refused = cfgctl({"set", "--wait=30s", "app.port=81"});
  BOOST_TEST(refused.code != 0, refused);
  BOOST_TEST(content() == "port 80\n");

  std::filesystem::remove(root / "etc" / "targets" / "bad.toml");
  define("web", "", "port {{app.port}}\n");
  wait_for_content("port 81\n");
  wait_until([&] { return problems().find("cfgd-apply") == std::string::npos; }, "no problem");
}

BOOST_AUTO_TEST_CASE(a_target_that_is_removed_is_not_waited_for) {
  define("web", "", "port {{app.port}}\n");
  begin();
  auto const count = [&] { return daemon.connect().consumers().value().size(); };
  wait_until([&] { return count() == 1; }, "a consumer");

  std::filesystem::remove(root / "etc" / "targets" / "web.toml");
  wait_until([&] { return count() == 0; }, "no consumer");
  BOOST_TEST(cfgctl({"set", "--wait=30s", "app.port=81"}).code == 0);

  define("web", "", "port {{app.port}}\n");
  wait_for_content("port 81\n");
  stop_applying();
  std::filesystem::create_directories(root / "vendor" / "targets");
  std::filesystem::remove(root / "etc" / "targets" / "web.toml");
  start_applying();
  wait_until([&] { return count() == 0; }, "no consumer of before the start");
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_what_has_not_begun) {
  define("web", "", "port {{app.port}}\n",
         "check = [\"sh\", \"-c\", \"echo >>" + log().string() +
             "; grep -q 'port 8[0-9]' $0\", \"{}\"]\n");
  begin();
  wait_for_state("applied");
  daemon.connect().set({.values = {{"app.port", 81}}}).value();
  stop_applying();
  BOOST_TEST((content() == "port 80\n" || content() == "port 81\n"));

  start_applying();
  wait_for_content("port 81\n");
}

BOOST_AUTO_TEST_CASE(every_dry_run_shows_the_files_also_as_json) {
  define("web", "", "port {{app.port}}\n");
  begin();
  auto const document = (root / "app.json").string();
  write_file(document, R"({"app":{"port":81}})");
  std::string const diff = "-port 80\n+port 81\n";
  auto const planned = cfgctl({"apply", "--dry-run", document});
  BOOST_TEST(planned.out.find(diff) != std::string::npos, planned);
  write_file(document, R"({"port":81,"host":"localhost"})");
  auto const imported = cfgctl({"import", "--dry-run", document});
  BOOST_TEST(imported.out.find(diff) != std::string::npos, imported);
  auto const as_json = cfgctl({"--json", "set", "--dry-run", "app.port=81"});
  auto const parsed = cfgd::json::parse(as_json.out).value();
  auto const& target = parsed.at("targets").as_array().at(0);
  auto const& file = target.at("files").as_array().at(0);
  BOOST_TEST(std::string(target.at("name").as_string()) == "web");
  BOOST_TEST(std::string(file.at("path").as_string()) == out().string());
  BOOST_TEST(std::string(file.at("diff").as_string()).ends_with(diff));
  auto const before = daemon.connect().status().value().revision;
  BOOST_TEST(cfgctl({"set", "app.port=82"}).code == 0);

  auto const rolled = cfgctl({"rollback", "--dry-run", std::to_string(before)});

  BOOST_TEST(rolled.out.find("-port 82\n+port 80\n") != std::string::npos, rolled);
}

BOOST_AUTO_TEST_CASE(a_secret_is_rendered_only_where_others_cannot_read_it) {
  save_schema("app.json", R"({"properties":{"token":{"type":"string","x-secret":true}}})");
  define("web", "", "token {{app.token}}\n");
  begin();
  cfgctl({"set", "app.token=s3cret"});

  wait_for_state("faulty");
  BOOST_TEST(!std::filesystem::exists(out()));
  define("web", "", "token {{app.token}}\n", "mode = \"0600\"\n");
  applying->send_signal(SIGHUP);

  wait_for_content("token s3cret\n");
  struct stat info {};
  ::stat(out().c_str(), &info);
  BOOST_TEST((info.st_mode & 0777U) == 0600U);
  auto const shown = cfgctl({"set", "--dry-run", "app.token=other"});
  BOOST_TEST(shown.out.find("s3cret") == std::string::npos, shown);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
