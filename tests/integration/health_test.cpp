#include "tests/integration/fixture.hpp"
#include "tests/support/foreign_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

// The service's own health, asked of the real program. Intervals are short, so that what gets
// better or worse by itself does so soon.

namespace {

namespace bj = boost::json;
using namespace cfgd::test;

std::string const quick = "[health]\ninterval_ms = 100\n"
                          "[health.integrity]\ninterval_ms = 100\n"
                          "[health.loop]\ncritical_ms = 60000\nwarning_ms = 60000\n"
                          "[health.committer]\ncritical_ms = 60000\nwarning_ms = 60000\n"
                          "[health.watch]\nwarning_ms = 60000\n"
                          "[health.disk]\nwarning_percent = 100\ncritical_percent = 100\n"
                          "[health.memory]\nwarning_percent = 100\ncritical_percent = 100\n"
                          "pressure_percent = 100\n"
                          "[health.store]\nwarning_ms = 60000\ncritical_ms = 60000\n";

struct serving : running {
  explicit serving(std::string const& settings = quick) {
    save_settings(settings);
    save("site.json", R"({"a":1})");
  }
  bj::object call(std::string_view method, bj::object const& parameters = {}) {
    return daemon.connect().call("io.cfgd.Service." + std::string(method), parameters).value();
  }
  static bj::object const& in(bj::object const& reply, std::string_view name) {
    for (auto const& one : reply.at("checks").as_array())
      if (one.as_object().at("name").as_string() == name) return one.as_object();
    throw std::runtime_error("no check " + std::string(name));
  }
  /// One check, run now.
  bj::object run(std::string const& name) {
    bj::object parameters;
    parameters["names"] = bj::array{name};
    return in(call("RunChecks", parameters), name);
  }
  static std::string status(bj::object const& check) {
    return std::string(check.at("status").as_string());
  }
  static std::string message(bj::object const& check) {
    return std::string(check.at("message").as_string());
  }
  void add_checks(std::string_view file, std::string_view text) {
    std::filesystem::create_directories(root / "etc" / "checks");
    replace_file(root / "etc" / "checks" / file, text);
  }
};

/// A stream of health whose first reply has been taken.
struct health_stream {
  explicit health_stream(daemon_process const& of) : from(of.socket()) {
    from.send(R"({"method":"io.cfgd.Service.WatchHealth","more":true})");
    state = from.parameters();
  }
  /// Waits until the stream reports this status of the check; the reply.
  bj::object until(std::string_view name, std::string_view status) {
    for (bj::object reply = state;; reply = from.parameters())
      for (auto const& one : reply.at("checks").as_array())
        if (one.at("name").as_string() == name && one.at("status").as_string() == status)
          return reply;
  }
  stream from;
  bj::object state;
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(health)

BOOST_FIXTURE_TEST_CASE(all_checks_of_a_sound_service_are_healthy, serving) {
  daemon.start();

  auto const all = call("RunChecks");

  std::vector<std::string> names;
  for (auto const& one : all.at("checks").as_array()) {
    auto const& check = one.as_object();
    names.emplace_back(check.at("name").as_string());
    BOOST_TEST(status(check) == "healthy", names.back() + ": " + message(check));
    BOOST_TEST(check.at("durationMs").is_double());
    BOOST_TEST(check.at("time").as_string().size() == 24U);
  }
  BOOST_TEST(names == (std::vector<std::string>{"store", "cache", "files", "watch", "memory",
                                                "disk", "integrity", "loop", "committer", "clock",
                                                "peers", "consumers"}));
  BOOST_TEST(all.at("status").as_string() == "healthy");
  BOOST_TEST(call("Health").at("status").as_string() == "healthy");
  BOOST_TEST(daemon.connect().status().value().status == "healthy");
}

BOOST_AUTO_TEST_CASE(a_rejected_file_shows_at_once) {
  // With the intervals of an installation: 30 seconds.
  serving test("");
  test.daemon.start();
  test.run("files");

  test.save("site.json", "{");
  test.sync();
  auto const bad = test.call("Health");

  BOOST_TEST(serving::status(serving::in(bad, "files")) == "warning");
  BOOST_TEST(bad.at("status").as_string() != "healthy");

  test.save("site.json", R"({"a":2})");
  test.sync();
  BOOST_TEST(serving::status(serving::in(test.call("Health"), "files")) == "healthy");
}

BOOST_FIXTURE_TEST_CASE(checks_run_by_themselves, serving) {
  daemon.start();

  // Throws if it is never reported.
  health_stream watching(daemon);
  BOOST_TEST(status(in(watching.until("store", "healthy"), "store")) == "healthy");
  auto const first = std::string(in(call("Health"), "store").at("time").as_string());
  auto connected = daemon.connect();
  std::string later = first;
  for (int tries = 0; tries < 100'000 && later == first; ++tries)
    later = in(connected.call("io.cfgd.Service.Health").value(), "store").at("time").as_string();

  BOOST_TEST(later > first);
}

BOOST_FIXTURE_TEST_CASE(named_checks_are_run_and_reported_alone, serving) {
  daemon.start();

  auto const reply = call("RunChecks", {{"names", bj::array{"disk", "cache", "disk"}}});

  BOOST_TEST(reply.at("checks").as_array().size() == 2U);
  BOOST_TEST(in(reply, "disk").at("details").as_object().contains("freeBytes"));
}

BOOST_FIXTURE_TEST_CASE(a_check_that_is_not_there_is_refused, serving) {
  daemon.start();
  stream peer(daemon.socket());

  auto const refused =
      peer.ask(R"({"method":"io.cfgd.Service.RunChecks","parameters":{"names":["disk","luck"]}})");

  BOOST_TEST(text_of(refused) ==
             R"({"error":"io.cfgd.Service.NoSuchCheck","parameters":{"name":"luck"}})");
}

BOOST_FIXTURE_TEST_CASE(a_quarantined_source_is_a_warning_until_it_is_good, serving) {
  daemon.start();
  health_stream watching(daemon);

  save("site.json", "{");
  auto const worse = watching.until("files", "warning");
  BOOST_TEST(message(in(worse, "files")).find("site.json' quarantined") != std::string::npos);
  BOOST_TEST(worse.at("status").as_string() == "warning");
  daemon.wait_for_line("check 'files' is warning, was healthy");

  save("site.json", R"({"a":2})");
  watching.state = watching.from.parameters();
  watching.until("files", "healthy");
  daemon.wait_for_line("check 'files' is healthy, was warning");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_others_may_write_is_a_warning, serving) {
  daemon.start();

  ::chmod(daemon.admin("site.json").c_str(), 0666);
  sync();

  BOOST_TEST(status(run("files")) == "warning");
  ::chmod(daemon.admin("site.json").c_str(), 0644);
  sync();
  BOOST_TEST(status(run("files")) == "healthy");
}

BOOST_FIXTURE_TEST_CASE(a_namespace_that_was_never_good_is_critical, serving) {
  save("fresh.json", "{");
  daemon.start();

  auto const found = run("files");

  BOOST_TEST(status(found) == "critical");
  BOOST_TEST(message(found).find("no file of 'fresh' has ever been valid") != std::string::npos);
  BOOST_TEST(daemon.connect().status().value().status == "critical");
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_others_may_write_is_a_warning, serving) {
  daemon.start();
  BOOST_TEST(status(run("files")) == "healthy");

  ::chmod((root / "etc" / "namespaces").c_str(), 0777);

  auto const found = run("files");
  BOOST_TEST(status(found) == "warning");
  auto const& directories = found.at("details").as_object().at("directories").as_object();
  BOOST_TEST(directories.at((root / "etc" / "namespaces").string()).as_string() == "refused");
}

BOOST_FIXTURE_TEST_CASE(a_value_that_the_layers_do_not_give_is_critical, serving) {
  daemon.start();
  BOOST_TEST(status(run("integrity")) == "healthy");

  foreign_writer::write_value_alone(root / "state" / "data", revision(), "77");

  auto const found = run("integrity");
  BOOST_TEST(status(found) == "critical");
  BOOST_TEST(message(found) == "'site': the effective value differs from the merged layers");
  daemon.wait_for_line("check 'integrity' is critical");
}

BOOST_FIXTURE_TEST_CASE(a_store_that_others_hold_makes_its_checks_critical_and_no_other, serving) {
  save_settings(quick + "[health.clock]\ntimeout_ms = 5000\n");
  daemon.start();
  BOOST_TEST(status(run("store")) == "healthy");
  health_stream watching(daemon);
  {
    cfgd::store::lmdb::environment env(root / "state" / "data",
                                       {.map_bytes = 64 << 20, .databases = 8});
    cfgd::store::lmdb::write_transaction const held(env);

    auto const stuck = watching.until("store", "critical");

    BOOST_TEST(message(in(stuck, "store")) == "no answer within 5 s");
    auto const committer = run("committer");
    BOOST_TEST(status(committer) == "critical");
    BOOST_TEST(message(committer) == "no answer within 5 s");
    BOOST_TEST(status(run("cache")) == "healthy");
    BOOST_TEST(value("site.a") == "1"); // reads go on
  }
  watching.state = {};
  watching.state["checks"] = bj::array{};
  watching.until("committer", "healthy");
  BOOST_TEST(status(run("store")) == "healthy");
}

BOOST_AUTO_TEST_CASE(the_thresholds_of_memory_are_settings) {
  serving test(quick + "[health.clock]\njump_ms = 1000\n");
  auto settings = quick;
  auto const at = settings.find("[health.memory]\nwarning_percent = 100\ncritical_percent = 100");
  settings.replace(at, std::string("[health.memory]\nwarning_percent = 100").size(),
                   "[health.memory]\nwarning_percent = 0");
  test.save_settings(settings);
  test.daemon.start();

  auto const found = test.run("memory");

  BOOST_TEST(test.status(found) == "warning");
  BOOST_TEST(found.at("details").as_object().at("residentBytes").to_number<std::uint64_t>() > 0U);
}

BOOST_FIXTURE_TEST_CASE(own_checks_of_each_kind_find_what_is_wrong, serving) {
  auto const file = (root / "heartbeat").string();
  auto const socket = (root / "other.sock").string();
  add_checks("a.toml", "[[check]]\nname = \"fits\"\nkind = \"rule\"\ncheck = \"site.a < 5\"\n"
                       "severity = \"warning\"\nmessage = \"site.a is too large\"\n"
                       "[[check]]\nname = \"beats\"\nkind = \"file\"\npath = \"" +
                           file + "\"\nyounger_than_s = 3600\n" +
                           "[[check]]\nname = \"answers\"\nkind = \"socket\"\npath = \"" + socket +
                           "\"\n" + "[[check]]\nname = \"self\"\nkind = \"socket\"\npath = \"" +
                           daemon.socket().string() + "\"\n");
  daemon.start();
  health_stream watching(daemon);

  BOOST_TEST(status(in(watching.until("answers", "critical"), "answers")) == "critical");
  BOOST_TEST(status(run("fits")) == "healthy");
  BOOST_TEST(status(run("self")) == "healthy");
  BOOST_TEST(message(run("beats")) == "'" + file + "': No such file or directory");
  write_file(file, "");
  BOOST_TEST(status(run("beats")) == "healthy");

  daemon.connect().set({.values = {{"site.a", 7}}}).value();
  auto const fits = run("fits");
  BOOST_TEST(status(fits) == "warning");
  BOOST_TEST(message(fits) == "site.a is too large");
}

BOOST_FIXTURE_TEST_CASE(own_checks_are_read_again_on_reload_and_faults_are_reported, serving) {
  add_checks("a.toml", "[[check]]\nname = \"one\"\nkind = \"file\"\npath = \"/\"\n");
  daemon.start();
  daemon.connect().reload().value();
  BOOST_TEST(status(run("one")) == "healthy");

  add_checks("a.toml", "[[check]]\nname = \"two\"\nkind = \"files\"\npath = \"/\"\n");
  daemon.connect().reload().value();
  auto const fault = run("checks/a.toml");
  BOOST_TEST(status(fault) == "warning");
  BOOST_TEST(message(fault).find("checks/a.toml:3:1: ") != std::string::npos);
  BOOST_TEST(status(run("one")) == "healthy"); // the last good content

  add_checks("a.toml", "[[check]]\nname = \"two\"\nkind = \"file\"\npath = \"/\"\n");
  daemon.connect().reload().value();
  BOOST_TEST(status(run("two")) == "healthy");
  auto const left = call("Health");
  BOOST_CHECK_THROW(in(left, "one"), std::runtime_error);
  BOOST_CHECK_THROW(in(left, "checks/a.toml"), std::runtime_error);
}

BOOST_FIXTURE_TEST_CASE(faulty_settings_of_health_are_reported_with_their_place, serving) {
  save_settings("[health.store]\nwarning_ms = \"soon\"\n");
  BOOST_TEST(daemon.run_to_end() == 78);
  BOOST_TEST(daemon.log().find("cfgd.toml:2:14: warning_ms must be an integer") !=
             std::string::npos);

  save_settings("[health.luck]\ninterval_ms = 1000\n");
  BOOST_TEST(daemon.run_to_end() == 78);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
