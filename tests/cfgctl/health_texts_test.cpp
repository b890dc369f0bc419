#include "cfgctl/commands/limits_list.hpp"
#include "cfgctl/text/figures_text.hpp"
#include "cfgctl/text/health_text.hpp"
#include "core/time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <limits>
#include <string>

using namespace cfgd::cfgctl;
namespace client = cfgd::client;

namespace {

constexpr screen file{.terminal = false, .colored = false, .columns = 80};
constexpr screen terminal{.terminal = true, .colored = false, .columns = 80};
constexpr screen colored{.terminal = true, .colored = true, .columns = 80};

cfgd::wall_time now() { return cfgd::parse_rfc3339("2026-11-23T10:00:00Z").value(); }

client::health_check check(std::string name, std::string status, std::string message) {
  client::health_check out;
  out.name = std::move(name);
  out.status = std::move(status);
  out.message = std::move(message);
  out.duration = std::chrono::microseconds(1'500);
  out.time = "2026-11-23T09:59:48.000Z";
  return out;
}

client::problem parse_problem() {
  client::problem out;
  out.id = 7;
  out.kind = "parse";
  out.message = "line 3: no value";
  out.source = "/etc/cfgd/namespaces/site.yaml";
  out.recoverable = true;
  out.recovery = "kept the last good content";
  out.time = "2026-11-23T09:00:00.000Z";
  out.count = 1;
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(health_texts)

BOOST_AUTO_TEST_CASE(the_line_of_a_plugin_has_the_worst_first) {
  client::health_report const what{.status = "critical",
                                   .checks = {check("files", "warning", "1 source is quarantined"),
                                              check("loop", "healthy", "on time"),
                                              check("store", "critical", "no space")}};

  BOOST_TEST(plugin_line(file, what) ==
             "CFGD CRITICAL: store: no space; files: 1 source is quarantined"
             " | critical=1 warning=1 unknown=0 healthy=1");
  BOOST_TEST(plugin_line(terminal, what) ==
             "CFGD CRITICAL: store: no space; files: 1 source is quarantined");
}

BOOST_AUTO_TEST_CASE(nothing_wrong_is_said_shortly) {
  client::health_report what{.status = "healthy", .checks = {check("a", "healthy", "fine")}};
  BOOST_TEST(plugin_line(terminal, what) == "CFGD OK: a: fine");
  BOOST_TEST(plugin_line(colored, what) == "CFGD \033[32mOK\033[0m: a: fine");

  what.checks.push_back(check("b", "healthy", "fine"));
  BOOST_TEST(plugin_line(terminal, what) == "CFGD OK: 2 checks are healthy");
}

BOOST_AUTO_TEST_CASE(no_message_can_break_the_line_or_its_figures) {
  client::health_report const what{.status = "warning",
                                   .checks = {check("a", "warning", "x|y\nz\033[31m")}};

  std::string const line = plugin_line(terminal, what);

  BOOST_TEST(line == "CFGD WARNING: a: x/y z\\u001b[31m");
  BOOST_TEST(plugin_unknown("a\nb|c") == "CFGD UNKNOWN: a b/c\n");
}

BOOST_AUTO_TEST_CASE(codes_are_those_of_plugins) {
  BOOST_TEST(static_cast<int>(plugin_code("healthy")) == 0);
  BOOST_TEST(static_cast<int>(plugin_code("warning")) == 1);
  BOOST_TEST(static_cast<int>(plugin_code("critical")) == 2);
  BOOST_TEST(static_cast<int>(plugin_code("unknown")) == 3);
  BOOST_TEST(static_cast<int>(plugin_code("of a newer service")) == 3);
}

BOOST_AUTO_TEST_CASE(the_worst_of_some_checks_counts) {
  BOOST_TEST(worst_status({}) == "unknown");
  BOOST_TEST(worst_status({check("a", "healthy", "")}) == "healthy");
  BOOST_TEST(worst_status({check("a", "healthy", ""), check("b", "unknown", "")}) == "unknown");
  BOOST_TEST(worst_status({check("a", "warning", ""), check("b", "unknown", "")}) == "warning");
  BOOST_TEST(worst_status({check("a", "critical", ""), check("b", "warning", "")}) == "critical");
}

BOOST_AUTO_TEST_CASE(checks_are_a_table_with_age_and_duration) {
  client::health_report const what{.status = "healthy",
                                   .checks = {check("store", "healthy", "ok")}};

  BOOST_TEST(health_text(terminal, what, now()) == "CFGD OK: store: ok\n"
                                                   "CHECK  STATUS   MESSAGE  AGE    TOOK\n"
                                                   "store  healthy  ok       12s  1.5 ms\n");
}

BOOST_AUTO_TEST_CASE(a_problem_says_what_where_and_what_was_done) {
  client::problem_report const what{
      .problems = {parse_problem()}, .counts = {{"parse", 1}}, .critical = false};

  BOOST_TEST(problems_text(file, what, now()) == "#7 parse error, 1h ago\n"
                                                 "  what    line 3: no value\n"
                                                 "  where   /etc/cfgd/namespaces/site.yaml\n"
                                                 "  done    kept the last good content\n"
                                                 "  since   2026-11-23T09:00:00.000Z\n"
                                                 "\n"
                                                 "since the start: parse 1\n");
}

BOOST_AUTO_TEST_CASE(a_problem_that_came_back_and_is_over_says_so) {
  auto one = parse_problem();
  one.count = 3;
  one.recoverable = false;
  one.last_time = "2026-11-23T09:59:00.000Z";
  one.resolved = "2026-11-23T09:59:30.000Z";
  one.context["line"] = 3;

  auto const text = problems_text(file, {.problems = {one}, .counts = {}, .critical = true}, now());

  BOOST_TEST(text.starts_with("there is a problem that the service cannot recover from\n\n"));
  BOOST_TEST(
      text.find("#7 parse error, not recoverable, 3 times, last 1m ago, resolved 30s ago\n") !=
          std::string::npos,
      text);
  BOOST_TEST(text.find("  context {\"line\":3}\n") != std::string::npos, text);
  BOOST_TEST(problems_text(file, {}, now()) == "no problems\n");
}

BOOST_AUTO_TEST_CASE(numbers_have_few_digits) {
  BOOST_TEST(grouped(0) == "0");
  BOOST_TEST(grouped(999) == "999");
  BOOST_TEST(grouped(1'000) == "1,000");
  BOOST_TEST(grouped(10'000'000) == "10,000,000");
  BOOST_TEST(bytes_text(512) == "512 bytes");
  BOOST_TEST(bytes_text(3'565'158) == "3.4 MiB");
  BOOST_TEST(bytes_text(4U * 1024 * 1024) == "4 MiB");
  BOOST_TEST(short_number(0) == "0");
  BOOST_TEST(short_number(0.01) == "<0.1");
  BOOST_TEST(short_number(0.4) == "0.4");
  BOOST_TEST(short_number(9.99) == "10");
  BOOST_TEST(short_number(999.7) == "1k");
  BOOST_TEST(short_number(1'234) == "1.2k");
  BOOST_TEST(short_number(34e6) == "34M");
  BOOST_TEST(short_number(std::numeric_limits<double>::quiet_NaN()) == "-");
}

BOOST_AUTO_TEST_CASE(times_have_a_unit_that_fits) {
  using seconds = std::chrono::duration<double>;
  BOOST_TEST(latency_text(seconds(0)) == "0");
  BOOST_TEST(latency_text(seconds(0.00025)) == "250 us");
  BOOST_TEST(latency_text(seconds(0.0015)) == "1.5 ms");
  BOOST_TEST(latency_text(seconds(3.21)) == "3.2 s");
  BOOST_TEST(latency_text(seconds(std::numeric_limits<double>::infinity())) == "-");
  BOOST_TEST(whole_text(std::chrono::milliseconds(500)) == "500 ms");
  BOOST_TEST(whole_text(std::chrono::seconds(30)) == "30 s");
  BOOST_TEST(whole_text(std::chrono::minutes(10)) == "10 min");
  BOOST_TEST(whole_text(std::chrono::hours(24)) == "24 h");
}

BOOST_AUTO_TEST_CASE(every_limit_has_its_value_and_meaning) {
  cfgd::limits ours;
  ours.file_bytes = 12'345;
  ours.queue_stalled = std::chrono::milliseconds(1'500);

  auto const text = limits_text(file, ours);
  auto const all = limits_json(ours);
  auto const& list = all.at("limits").as_array();

  BOOST_TEST(text.find("1500 ms  without progress of queued replies") != std::string::npos, text);
  BOOST_TEST(text.find("512 bytes  one dotted key in a request\n") != std::string::npos, text);
  BOOST_TEST(list.size() == cfgd::limits::described().size());
  BOOST_TEST(list.at(0).at("unit").as_string() == "bytes");
  BOOST_TEST(list.at(0).at("value").as_int64() == 12'345);
}

BOOST_AUTO_TEST_SUITE_END()
