#include "core/metrics_text.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/support/program_run.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace cfgd::test;

struct measured : running {
  using running::running;

  std::string metrics() {
    auto const reply = call("Service.Metrics");
    return std::string(reply.at("parameters").as_object().at("text").as_string());
  }
  /// The number behind a sample's name and labels; -1 if there is none.
  double figure(std::string const& sample) {
    auto const text = '\n' + metrics();
    auto const at = text.find('\n' + sample + ' ');
    return at == text.npos ? -1 : std::stod(text.substr(at + sample.size() + 2));
  }
  /// Runs a program of the system over a text; what it says if it finds fault.
  std::string fault_found_by(std::string const& text, std::string const& program,
                             std::vector<std::string> arguments) const {
    write_file(directory / "figures", text);
    std::string command = "exec \"$0\" \"$@\" < '" + (directory / "figures").string() + "'";
    arguments.insert(arguments.begin(), {"-c", command, program});
    program_run run("/bin/sh", arguments, {"PATH=/usr/bin:/bin"});
    int const code = run.finish();
    auto const said = run.out() + run.err();
    return code == 0 || !said.empty() ? said : "exit code " + std::to_string(code);
  }
};

bool is_there(char const* program) { return ::access(program, X_OK) == 0; }

/// cfgd-exporter on a port that was free.
struct exporter {
  explicit exporter(std::string const& socket,
                    std::vector<std::string> arguments = {"--listen", "127.0.0.1:0"})
      : run(CFGD_EXPORTER_PROGRAM, with(std::move(arguments), socket)) {
    run.wait_for_error(" port ");
    run.wait_for_error("\n");
    auto const at = run.err().rfind(" port ");
    port = static_cast<std::uint16_t>(std::stoi(run.err().substr(at + 6)));
  }
  static std::vector<std::string> with(std::vector<std::string> arguments,
                                       std::string const& socket) {
    arguments.insert(arguments.end(), {"--socket", socket});
    return arguments;
  }

  int connect() const {
    int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval const limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto const* const generic = reinterpret_cast<sockaddr const*>(&address); // NOLINT: connect(2)
    if (::connect(socket, generic, sizeof address) != 0) throw std::runtime_error("connect");
    return socket;
  }
  /// Sends bytes and reads until it is closed.
  std::string exchange(std::string const& bytes) const {
    int const socket = connect();
    (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::string text;
    std::array<char, 64 * 1024> buffer{};
    ssize_t count = 0;
    while ((count = ::recv(socket, buffer.data(), buffer.size(), 0)) > 0)
      text.append(buffer.data(), static_cast<std::size_t>(count));
    ::close(socket);
    return text;
  }
  std::string get(std::string const& path, std::string const& header = {}) const {
    return exchange("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header +
                    "\r\n");
  }

  program_run run;
  std::uint16_t port = 0;
};

std::string body_of(std::string const& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(metrics)

BOOST_FIXTURE_TEST_CASE(figures_are_given_as_objects_too, measured) {
  daemon.start();
  auto connected = daemon.connect();
  for (int time = 0; time < 3; ++time)
    BOOST_TEST(connected.get_value("site.x").has_value());

  auto const reply = call("Service.Figures");
  auto const& all = reply.at("parameters").as_object().at("figures").as_array();

  bool is_counted = false;
  bool is_timed = false;
  for (auto const& each : all) {
    auto const& one = each.as_object();
    if (one.at("name") == "cfgd_requests" && one.at("kind") == "counter" &&
        one.at("labels").as_object().at("method") == "io.cfgd.Config.Get" &&
        one.at("labels").as_object().at("outcome") == "replied")
      is_counted = one.at("value") == 3;
    if (one.at("name") == "cfgd_loop_lag_seconds") {
      auto const& times = one.at("histogram").as_object();
      is_timed = times.at("counts").as_array().size() == times.at("bounds").as_array().size() + 1;
    }
  }
  BOOST_TEST(is_counted);
  BOOST_TEST(is_timed);
}

BOOST_FIXTURE_TEST_CASE(calls_are_counted_by_method_and_outcome_and_timed, measured) {
  save("site.toml", "x = 1\n");
  daemon.start();
  auto connected = daemon.connect();
  for (int time = 0; time < 200; ++time)
    connected.get_value("site.x").value();
  for (int time = 0; time < 3; ++time)
    BOOST_TEST(!connected.get_value("No Key").has_value());
  connected.set({.values = {{"site.y", 2}}}).value();
  BOOST_TEST(!connected.call("io.cfgd.Config.Nothing").has_value());

  BOOST_TEST(figure("cfgd_requests_total{method=\"io.cfgd.Config.Get\",outcome=\"replied\"}") ==
             200);
  BOOST_TEST(figure("cfgd_requests_total{method=\"io.cfgd.Config.Get\",outcome=\"failed\"}") == 3);
  BOOST_TEST(figure("cfgd_requests_total{method=\"io.cfgd.Config.Set\",outcome=\"replied\"}") == 1);
  BOOST_TEST(figure("cfgd_requests_total{method=\"unknown\",outcome=\"failed\"}") == 1);
  BOOST_TEST(figure("cfgd_request_duration_seconds_count{method=\"io.cfgd.Config.Set\"}") == 1);
  BOOST_TEST(figure("cfgd_request_duration_seconds_count{method=\"io.cfgd.Config.Get\"}") >= 64);
  BOOST_TEST(figure("cfgd_revision") == 2);
  BOOST_TEST(figure("cfgd_commits_total{outcome=\"done\"}") >= 2);
  BOOST_TEST(figure("cfgd_commit_duration_seconds_count") >= 2);
  BOOST_TEST(figure("cfgd_cache_lookups_total{result=\"hit\"}") >= 199);
  BOOST_TEST(figure("cfgd_sources{state=\"active\"}") == 1);
  BOOST_TEST(figure("cfgd_connections") >= 1);
  BOOST_TEST(figure("cfgd_resident_memory_bytes") > 1'000'000);
  BOOST_TEST(figure("cfgd_ready") == 1);
}

BOOST_FIXTURE_TEST_CASE(what_goes_wrong_is_in_the_figures, measured) {
  save("site.json", "{");
  daemon.start();

  BOOST_TEST(figure("cfgd_sources{state=\"quarantined\"}") == 1);
  BOOST_TEST(figure("cfgd_problems_total{kind=\"parse\"}") == 1);
  BOOST_TEST(figure("cfgd_problems_open{kind=\"parse\"}") == 1);
  BOOST_TEST(figure("cfgd_critical") == 0);
  BOOST_TEST(figure("cfgd_log_lines_total{level=\"warning\"}") >= 1);
}

BOOST_FIXTURE_TEST_CASE(others_read_both_formats, measured) {
  save("site.toml", "x = 1\n");
  save("bad.json", "{");
  daemon.start();
  daemon.connect().get_value("site.x").value();
  auto const text = metrics();

  BOOST_REQUIRE(is_there("/usr/bin/python3"));
  BOOST_TEST(fault_found_by(text, "/usr/bin/python3",
                            {"-c", "import sys\n"
                                   "from prometheus_client.openmetrics.parser import "
                                   "text_string_to_metric_families as parse\n"
                                   "found = list(parse(sys.stdin.read()))\n"
                                   "assert len(found) > 30, len(found)\n"}) == "");
  BOOST_REQUIRE(is_there("/usr/bin/promtool"));
  BOOST_TEST(fault_found_by(cfgd::metrics::to_prometheus_text(text), "/usr/bin/promtool",
                            {"check", "metrics"}) == "");
  // Rules and dashboard name what is there.
  auto const project = std::filesystem::path(CFGD_EXAMPLE).parent_path().parent_path();
  write_file(directory / "text", metrics()); // the first call is in it now, with its time
  BOOST_TEST(fault_found_by("", "/usr/bin/python3",
                            {"-B", (project / "tests/lint/monitoring.py").string(),
                             project.string(), (directory / "text").string()})
                 .ends_with("all that is named is there\n"));
  // Both tools find fault where there is some.
  BOOST_TEST(fault_found_by("cfgd_x{ 1\n", "/usr/bin/promtool", {"check", "metrics"}) != "");
}

BOOST_FIXTURE_TEST_CASE(a_textfile_is_written_whole_and_again, measured) {
  auto const file = directory / "textfile" / "cfgd.prom";
  save_settings("[metrics]\ntextfile = \"" + file.string() + "\"\ninterval_ms = 1000\n");
  daemon.start();
  daemon.wait_for_line("cfgd.prom': open"); // the directory is not there

  std::filesystem::create_directories(file.parent_path());
  daemon.wait_for_line("cfgd.prom' can be written again");

  auto const text = read_file(file);
  BOOST_TEST(text.starts_with("# TYPE cfgd_requests_total counter\n"));
  BOOST_TEST(text.ends_with("\n"));
  BOOST_TEST((std::filesystem::status(file).permissions() == std::filesystem::perms(0644)));
}

BOOST_FIXTURE_TEST_CASE(an_exporter_serves_figures_and_state, measured) {
  save("site.toml", "x = 1\n");
  daemon.start();
  exporter const web(daemon.socket());

  auto const old = web.get("/metrics");
  BOOST_TEST(old.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(old.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  BOOST_TEST(body_of(old).find("# TYPE cfgd_requests_total counter\n") != std::string::npos);
  auto const newer = web.get("/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n");
  BOOST_TEST(newer.find("Content-Type: application/openmetrics-text") != std::string::npos);
  BOOST_TEST(newer.ends_with("# EOF\n"));
  BOOST_TEST(web.get("/healthz").find(" 200 ") != std::string::npos);
  BOOST_TEST(body_of(web.get("/readyz?x=1")) == "ready\n");
  BOOST_TEST(web.get("/other").starts_with("HTTP/1.1 404 "));
  BOOST_TEST(body_of(web.exchange("HEAD /readyz HTTP/1.0\r\n\r\n")).empty());
}

BOOST_FIXTURE_TEST_CASE(an_exporter_outlives_the_service, measured) {
  daemon.start();
  exporter web(daemon.socket());
  BOOST_TEST(web.get("/readyz").starts_with("HTTP/1.1 200 "));

  daemon.stop();
  BOOST_TEST(web.get("/metrics").starts_with("HTTP/1.1 503 "));
  BOOST_TEST(web.get("/healthz").starts_with("HTTP/1.1 503 "));
  daemon.start();

  BOOST_TEST(web.get("/readyz").starts_with("HTTP/1.1 200 "));
  web.run.send_signal(SIGTERM);
  BOOST_TEST(web.run.finish() == 0);
}

BOOST_FIXTURE_TEST_CASE(an_exporter_is_not_impressed_by_bad_clients, measured) {
  daemon.start();
  exporter web(daemon.socket());

  BOOST_TEST(web.exchange("POST /metrics HTTP/1.1\r\nConnection: close\r\n\r\n")
                 .starts_with("HTTP/1.1 405 "));
  BOOST_TEST(
      web.exchange("GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc").starts_with("HTTP/1.1 413 "));
  BOOST_TEST(web.exchange("GET / HTTP/1.1\r\nX: " + std::string(64 * 1024, 'x'))
                 .starts_with("HTTP/1.1 431 "));
  BOOST_TEST(web.exchange("hello\r\n\r\n").starts_with("HTTP/1.1 400 "));
  std::vector<int> silent;
  silent.reserve(32);
  for (int one = 0; one < 32; ++one)
    silent.push_back(web.connect());
  BOOST_TEST(web.get("/readyz").empty()); // too many: closed
  ::close(silent.front());
  auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string answer;
  while (answer.empty() && std::chrono::steady_clock::now() < end)
    answer = web.get("/readyz");
  BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
  // With clients that hold on it ends at once all the same.
  web.run.send_signal(SIGTERM);
  BOOST_TEST(web.run.finish() == 0);
  for (std::size_t one = 1; one < silent.size(); ++one)
    ::close(silent[one]);
}

BOOST_AUTO_TEST_CASE(an_address_that_others_reach_is_refused) {
  program_run refused(CFGD_EXPORTER_PROGRAM, {"--listen", "0.0.0.0:0"});
  BOOST_TEST(refused.finish() == 64);
  BOOST_TEST(refused.err().find("--allow-remote") != std::string::npos);

  program_run wrong(CFGD_EXPORTER_PROGRAM, {"--listen", "localhost"});
  BOOST_TEST(wrong.finish() == 64);
  exporter const allowed("/nowhere", {"--listen", "0.0.0.0:0", "--allow-remote"});
  BOOST_TEST(allowed.get("/metrics").starts_with("HTTP/1.1 503 "));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
