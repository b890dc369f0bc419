#include "tests/support/temporary_directory.hpp"
#include "tests/system/machine.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

// The targets of docs/example with the programs that they are for, which need to be installed.
// CFGD_ROUNDS says how often the time from a change to its application is taken.

namespace {

using namespace cfgd::test;
namespace fs = std::filesystem;

struct with_targets : on_machine {
  with_targets() {
    fs::create_directories(host.etc("targets"));
    host.save("web.json",
              R"({"workers":1,"connections":64,"servers":[{"name":"localhost","port":8080,)"
              R"("answer":"first"}]})");
    host.systemctl({"enable", "--quiet", "cfgd-apply.service"});
  }
  ~with_targets() {
    host.systemctl({"stop", "cfgd-apply.service", "nginx.service", "unbound.service",
                    "prometheus.service", "worker.service"});
    for (auto const* const folder : {"etc/cfgd/targets", "var/lib/cfgd-apply"})
      fs::remove_all(host.inside().files() / folder);
  }
  with_targets(with_targets const&) = delete;
  with_targets& operator=(with_targets const&) = delete;

  /// Puts a target of the example in place, with its template.
  void use(std::string const& name) {
    for (auto const& entry : fs::directory_iterator(fs::path(CFGD_EXAMPLE) / "targets")) {
      auto const file = entry.path().filename();
      if (!file.string().starts_with(name)) continue;
      write_file(host.etc("targets/" + file.string()), read_file(entry.path()));
    }
  }
  /// Starts cfgd-apply, and lets it take over what its package has brought.
  void take_over(std::string const& name) {
    auto const started = host.systemctl({"start", "cfgd-apply.service"});
    BOOST_TEST(started.code == 0, started);
    auto const forced = host.cfgctl({"targets", "--force", name});
    BOOST_TEST(forced.code == 0, forced);
  }
  void start(std::string const& unit) {
    auto const started = host.systemctl({"start", unit});
    BOOST_TEST(started.code == 0, started);
  }
  outcome set(std::vector<std::string> values) {
    values.insert(values.begin(), {"set", "--wait=60s"});
    return host.cfgctl(values);
  }
  std::size_t reloads() {
    return host.journal({"UNIT=nginx.service", "JOB_TYPE=reload", "JOB_RESULT=done"}).size();
  }
  std::string answer() { return host.inside().run({"curl", "-s", "http://127.0.0.1:8080/"}).out; }
};

std::string server(std::string const& answer) {
  return R"(web.servers=[{"name":"localhost","port":8080,"answer":")" + answer + "\"}]";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(apply, with_targets, *boost::unit_test::precondition(needs_machine()))

BOOST_AUTO_TEST_CASE(nginx_answers_with_a_setting_when_set_wait_returns) {
  use("nginx");
  start("nginx.service");
  take_over("nginx");
  BOOST_TEST(answer() == "first\n");

  char const* const budget = std::getenv("CFGD_ROUNDS");
  int const rounds = budget == nullptr ? 5 : std::atoi(budget);
  std::vector<std::chrono::nanoseconds> times;
  for (int i = 0; i < rounds; ++i) {
    auto const text = "answer " + std::to_string(i);
    auto const begin = std::chrono::steady_clock::now();
    auto const done = set({server(text)});
    times.push_back(std::chrono::steady_clock::now() - begin);
    BOOST_TEST(done.code == 0, done);
    // Workers of before the reload may still accept for a moment.
    std::string found;
    for (int attempt = 0; attempt < 100 && found != text + '\n'; ++attempt)
      found = answer();
    BOOST_TEST(found == text + '\n');
  }
  BOOST_TEST_MESSAGE("from set to applied: " << summary(times));
}

BOOST_AUTO_TEST_CASE(nginx_is_untouched_by_a_setting_that_it_refuses) {
  use("nginx");
  start("nginx.service");
  take_over("nginx");
  auto const before = read_file(host.inside().files() / "etc/nginx/nginx.conf");
  auto const main_pid = host.property("MainPID", "nginx.service");

  auto const done = set({R"(web.servers=[{"name":"localhost","port":99999,"answer":"x"}])"});

  BOOST_TEST(done.code != 0, done);
  BOOST_TEST((done.out + done.err).find("invalid port") != std::string::npos, done);
  BOOST_TEST(read_file(host.inside().files() / "etc/nginx/nginx.conf") == before);
  BOOST_TEST(answer() == "first\n");
  BOOST_TEST(host.property("MainPID", "nginx.service") == main_pid);
  auto const entry =
      host.wait_for_entry({"CFGD_TARGET=nginx", "MESSAGE_ID=c1d94a7e60b34f2f8e5a3b96d7f0182c"});
  BOOST_TEST(one_field(entry, "MESSAGE").find("'nginx' ended with 1") != std::string::npos);
  BOOST_TEST(set({server("again")}).code == 0);
}

BOOST_AUTO_TEST_CASE(what_nginx_refuses_is_undone_by_until_applied) {
  use("nginx");
  start("nginx.service");
  take_over("nginx");
  BOOST_TEST(set({server("good")}).code == 0);
  auto const before = read_file(host.inside().files() / "etc/nginx/nginx.conf");
  auto const main_pid = host.property("MainPID", "nginx.service");
  auto const reloads_before = reloads();
  auto const value = host.value("web.servers");

  auto const done =
      host.cfgctl({"set", "--confirm", "60s", "--until-applied", "--wait=60s",
                   R"(web.servers=[{"name":"localhost","port":99999,"answer":"bad"}])"});

  BOOST_TEST(done.code != 0, done);
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (host.value("web.servers") != value && std::chrono::steady_clock::now() < end)
    host.cfgctl({"status"});
  BOOST_TEST(host.value("web.servers") == value);
  BOOST_TEST(read_file(host.inside().files() / "etc/nginx/nginx.conf") == before);
  BOOST_TEST(host.property("MainPID", "nginx.service") == main_pid);
  BOOST_TEST(reloads() == reloads_before);
  BOOST_TEST(answer() == "good\n");
  auto const good = set({server("better")});
  BOOST_TEST(good.code == 0, good);
}

BOOST_AUTO_TEST_CASE(two_hundred_changes_in_a_second_are_few_reloads_and_the_last_one_counts) {
  use("nginx");
  start("nginx.service");
  take_over("nginx");
  auto const before = reloads();
  auto connected = host.connect();
  auto const begin = std::chrono::steady_clock::now();
  for (int i = 1; i <= 200; ++i) {
    boost::json::value servers = boost::json::array{
        {{"name", "localhost"}, {"port", 8080}, {"answer", "change " + std::to_string(i)}}};
    auto const done = connected.set({.values = {{"web.servers", std::move(servers)}}});
    BOOST_TEST(done.has_value());
  }
  auto const time = std::chrono::steady_clock::now() - begin;

  auto const last = set({server("last")});

  BOOST_TEST(last.code == 0, last);
  auto const path = host.inside().files() / "etc/nginx/nginx.conf";
  BOOST_TEST(read_file(path).find("last") != std::string::npos);
  auto const count = reloads() - before;
  BOOST_TEST_MESSAGE("201 changes, 200 of them in "
                     << std::chrono::duration_cast<std::chrono::milliseconds>(time).count()
                     << " ms: " << count << " reloads");
  BOOST_TEST(count >= 1U);
  BOOST_TEST(count <= 20U);
}

BOOST_AUTO_TEST_CASE(unbound_is_restarted_and_gets_its_file_back_when_it_cannot_use_it) {
  use("unbound");
  host.save("dns.json",
            R"({"threads":1,"max_ttl":600,"local":[{"name":"a.test.","address":"192.0.2.1"}]})");
  start("unbound.service");
  auto const pid = host.property("MainPID", "unbound.service");
  take_over("unbound");
  auto const path = host.inside().files() / "etc/unbound/unbound.conf.d/cfgd.conf";
  BOOST_TEST(read_file(path).find("a.test. A 192.0.2.1") != std::string::npos);
  BOOST_TEST(host.property("MainPID", "unbound.service") != pid);
  BOOST_TEST(host.property("ActiveState", "unbound.service") == "active");

  auto const refused = set({"dns.threads=many"});

  BOOST_TEST(refused.code != 0, refused);
  BOOST_TEST(read_file(path).find("num-threads: 1") != std::string::npos);
  BOOST_TEST(host.property("ActiveState", "unbound.service") == "active");
}

BOOST_AUTO_TEST_CASE(prometheus_gets_yaml_that_promtool_has_checked_and_a_signal) {
  use("prometheus");
  host.save("prometheus.json",
            R"({"config":{"global":{"scrape_interval":"15s"},"scrape_configs":[{"job_name":"self",)"
            R"("static_configs":[{"targets":["127.0.0.1:9090"]}]}]}})");
  // Not its usual port, which a machine's Cockpit has.
  write_file(host.inside().files() / "etc/default/prometheus",
             "ARGS=\"--web.listen-address=127.0.0.1:9191\"\n");
  start("prometheus.service");
  auto const ready = host.inside().run({"curl", "-s", "--retry", "60", "--retry-all-errors",
                                        "--retry-delay", "1", "http://127.0.0.1:9191/-/ready"});
  BOOST_TEST(ready.code == 0, ready); // before that the signal ends it
  auto const pid = host.property("MainPID", "prometheus.service");
  take_over("prometheus");

  BOOST_TEST(set({"prometheus.config.global.scrape_interval=30s"}).code == 0);
  auto const refused = set({"prometheus.config.global.scrape_interval=often"});

  BOOST_TEST(refused.code != 0, refused);
  auto const now = read_file(host.inside().files() / "etc/prometheus/prometheus.yml");
  BOOST_TEST(now.find("30s") != std::string::npos, now);
  BOOST_TEST(host.property("MainPID", "prometheus.service") == pid);
}

BOOST_AUTO_TEST_CASE(a_unit_gets_its_environment) {
  use("worker");
  write_file(host.inside().files() / "etc/systemd/system/worker.service",
             "[Service]\nEnvironmentFile=/etc/worker.env\nExecStart=/bin/sh -c 'echo \"$GREETING\" "
             ">/run/worker; exec sleep infinity'\n");
  host.systemctl({"daemon-reload"});
  host.save("worker.json", R"({"environment":{"greeting":"hello, \"world\" $HOME"}})");
  start("cfgd-apply.service");
  start("worker.service");
  auto const greeting = [this] { return host.inside().run({"cat", "/run/worker"}).out; };
  auto const said = [&](std::string const& text) {
    for (int attempt = 0; attempt < 200; ++attempt)
      if (greeting() == text) return true;
    return false;
  };
  BOOST_TEST(said("hello, \"world\" $HOME\n"));

  auto const done = set({"worker.environment.greeting=bye"});

  BOOST_TEST(done.code == 0, done);
  BOOST_TEST(said("bye\n"));
}

BOOST_AUTO_TEST_CASE(a_unit_that_ends_of_its_signal_runs_again_with_the_file_before) {
  write_file(host.etc("targets/worker.toml"),
             "unit = \"worker.service\"\naction = \"signal\"\nsignal = \"SIGHUP\"\n"
             "active_seconds = 1\n[[file]]\npath = \"/etc/worker.json\"\nformat = \"json\"\n"
             "key = \"worker\"\n");
  write_file(host.inside().files() / "etc/systemd/system/worker.service",
             "[Service]\nExecStart=/bin/sleep infinity\n");
  host.systemctl({"daemon-reload"});
  host.save("worker.json", R"({"size":1})");
  start("cfgd-apply.service");
  start("worker.service");
  auto const pid = host.property("MainPID", "worker.service");

  auto const refused = set({"worker.size=2"});

  BOOST_TEST(refused.code != 0, refused);
  BOOST_TEST(refused.out.find("worker.service is inactive") != std::string::npos, refused);
  BOOST_TEST(read_file(host.inside().files() / "etc/worker.json").find('1') != std::string::npos);
  BOOST_TEST(host.property("ActiveState", "worker.service") == "active");
  BOOST_TEST(host.property("MainPID", "worker.service") != pid);
}

BOOST_AUTO_TEST_CASE(a_unit_that_is_still_starting_is_waited_for) {
  write_file(host.inside().files() / "etc/systemd/system/worker.service",
             "[Service]\nExecStartPre=/bin/sleep 2\nExecStart=/bin/sleep infinity\n"
             "ExecReload=/bin/touch /run/reloaded\n");
  host.systemctl({"daemon-reload"});
  host.save("worker.json", R"({"limit":1})");
  write_file(host.etc("targets/slow.toml"),
             "unit = \"worker.service\"\naction = \"reload\"\nactive_seconds = 1\n[[file]]\n"
             "path = \"/etc/slow.json\"\nformat = \"json\"\nkey = \"worker\"\n");
  start("cfgd-apply.service");
  host.systemctl({"start", "--no-block", "worker.service"});

  auto const done = set({"worker.limit=2"});

  BOOST_TEST(done.code == 0, done);
  BOOST_TEST(host.inside().run({"test", "-e", "/run/reloaded"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_unit_that_does_not_exist_is_an_error_that_the_log_explains) {
  use("worker");
  fs::remove(host.inside().files() / "etc/systemd/system/worker.service");
  fs::remove(host.inside().files() / "etc/worker.env");
  host.systemctl({"daemon-reload"});
  host.save("worker.json", R"({"environment":{"greeting":"hello"}})");
  start("cfgd-apply.service");

  auto const shown = host.cfgctl({"targets", "worker"});

  BOOST_TEST(shown.out.find("there is no unit worker.service") != std::string::npos, shown);
  BOOST_TEST(!fs::exists(host.inside().files() / "etc/worker.env"));
  host.wait_for_entry({"CFGD_TARGET=worker"});
  auto const text = host.explained({"CFGD_TARGET=worker"});
  BOOST_TEST(text.find("cfgctl targets --force worker") != std::string::npos, text);
}

BOOST_AUTO_TEST_SUITE_END()
