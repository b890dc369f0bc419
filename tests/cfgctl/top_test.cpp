#include "cfgctl/top/top_model.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

using namespace cfgd::cfgctl;
namespace client = cfgd::client;
using std::chrono::seconds;

namespace {

constexpr screen file{.terminal = false, .colored = false, .columns = 80};

std::string requests(std::string const& method, int replied, int failed) {
  std::string const begin = "cfgd_requests_total{method=\"" + method + "\",outcome=";
  return begin + "\"replied\"} " + std::to_string(replied) + '\n' + begin + "\"failed\"} " +
         std::to_string(failed) + '\n';
}

/// A histogram of three classes.
std::string times(std::string const& method, int fast, int slow) {
  std::string const begin = "cfgd_request_duration_seconds_bucket{method=\"" + method + "\",le=";
  return begin + "\"0.001\"} " + std::to_string(fast) + '\n' + begin + "\"0.01\"} " +
         std::to_string(fast + slow) + '\n' + begin + "\"+Inf\"} " + std::to_string(fast + slow) +
         "\ncfgd_request_duration_seconds_sum{method=\"" + method + "\"} " +
         std::to_string(fast * 0.001 + slow * 0.01) + '\n';
}

top_sample sample(int second, std::string const& text) {
  top_sample out;
  out.when = std::chrono::steady_clock::time_point(seconds(second));
  out.at = parse_rfc3339("2026-11-23T10:00:00Z").value() + seconds(second);
  out.figures = metrics_sample::parse(text);
  out.health.status = "healthy";
  return out;
}

std::string process(int started) {
  return "cfgd_start_time_seconds " + std::to_string(started) + '\n';
}

/// Two samples, two seconds apart: 40 Gets, of which 2 failed, and 4 Sets.
top_model busy() {
  top_model out;
  out.add(sample(0, process(5) + requests("Get", 100, 0) + requests("Set", 1, 0) +
                        times("Get", 100, 0) + times("Set", 1, 0)));
  out.add(sample(2, process(5) + requests("Get", 138, 2) + requests("Set", 5, 0) +
                        requests("List", 0, 0) + times("Get", 138, 2) + times("Set", 1, 4)));
  return out;
}

std::string text_of(top_model const& model, top_model::view const& how) {
  return frame_text(file, model.frame(how));
}

bool contains(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(top)

BOOST_AUTO_TEST_CASE(text_becomes_series) {
  auto const all = metrics_sample::parse("# HELP a b\n"
                                         "a_total 3\n"
                                         "b{x=\"1\",y=\"q\\\"\\\\\\n}\"} 2.5 1700000000\n"
                                         "c{le=\"+Inf\"} +Inf\n"
                                         "no number\n"
                                         "d{open=\"\n"
                                         "# EOF\n");

  BOOST_REQUIRE(all.all().size() == 3U);
  BOOST_TEST(all.sum("a_total") == 3.0);
  BOOST_TEST(all.all()[1].label("y") == "q\"\\\n}");
  BOOST_TEST(all.sum("b", "x", "1") == 2.5);
  BOOST_TEST(all.sum("b", "x", "2") == 0.0);
  BOOST_TEST(std::isinf(all.sum("c")));
  BOOST_TEST(all.contains("c"));
  BOOST_TEST(!all.contains("d"));
}

BOOST_AUTO_TEST_CASE(quantiles_lie_between_bounds) {
  histogram times;
  times.add(0.1, 10);
  times.add(0.2, 20);
  times.add(std::numeric_limits<double>::infinity(), 20);

  BOOST_TEST(times.quantile(0.5).value() == 0.1, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(times.quantile(0.75).value() == 0.15, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(times.quantile(0.25).value() == 0.05, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(times.quantile(1).value() == 0.2, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(!histogram().quantile(0.5).has_value());
  BOOST_TEST(!histogram().mean().has_value());
}

BOOST_AUTO_TEST_CASE(what_is_behind_the_last_bound_is_at_least_that) {
  histogram times;
  times.add(0.1, 0);
  times.add(std::numeric_limits<double>::infinity(), 5);

  BOOST_TEST(times.quantile(0.99).value() == 0.1, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(rates_are_of_the_time_between_two_looks) {
  auto const rows = busy().methods(top_order::rate);

  BOOST_REQUIRE(rows.size() == 2U); // what was never called is not there
  BOOST_TEST(rows[0].name == "Get");
  BOOST_TEST(rows[0].rate == 20.0);
  BOOST_TEST(rows[0].failed == 1.0);
  BOOST_TEST(rows[0].total == 140.0);
  BOOST_TEST(rows[1].rate == 2.0);
  BOOST_TEST(rows[1].mean.value() == 0.01, boost::test_tools::tolerance(1e-6));
  BOOST_TEST(rows[1].p99.value() > 0.009);
}

BOOST_AUTO_TEST_CASE(methods_are_sorted_as_wanted) {
  auto const model = busy();

  BOOST_TEST(model.methods(top_order::latency).front().name == "Set");
  BOOST_TEST(model.methods(top_order::total).front().name == "Get");
  BOOST_TEST(model.methods(top_order::name).front().name == "Get");
  BOOST_TEST((next_of(top_order::rate) == top_order::latency));
  BOOST_TEST((next_of(top_order::name) == top_order::rate));
}

BOOST_AUTO_TEST_CASE(a_new_process_begins_anew) {
  auto model = busy();

  model.add(sample(4, process(9) + requests("Get", 500, 0)));

  auto const rows = model.methods(top_order::rate);
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(rows[0].rate == 0.0);
  BOOST_TEST(rows[0].total == 500.0);
}

BOOST_AUTO_TEST_CASE(a_frame_has_the_state_the_methods_the_health_and_the_changes) {
  auto model = busy();
  auto newest = sample(4, process(5) + requests("Get", 158, 2) + times("Get", 158, 2) +
                              "cfgd_revision 118\n"
                              "cfgd_build_info{version=\"1.2.3\"} 1\n"
                              "cfgd_cache_lookups_total{result=\"hit\"} 30\n"
                              "cfgd_cache_lookups_total{result=\"miss\"} 10\n"
                              "cfgd_cache_bytes 2097152\ncfgd_cache_limit_bytes 67108864\n"
                              "cfgd_connections 7\ncfgd_watchers 3\n");
  newest.health.status = "warning";
  newest.health.checks.resize(2);
  newest.health.checks[0].name = "files";
  newest.health.checks[0].status = "warning";
  newest.health.checks[0].message = "1 is quarantined";
  newest.health.checks[1].status = "healthy";
  newest.changes.resize(1);
  newest.changes[0].revision = 118;
  newest.changes[0].time = "2026-11-23T09:59:04.000Z";
  newest.changes[0].from.layer = "override";
  newest.changes[0].from.uid = 1000;
  newest.changes[0].updated = {"site.title", "site.limit"};
  model.add(std::move(newest));

  auto const text = text_of(model, {.columns = 80, .rows = 30, .paused = true, .trouble = "gone"});

  BOOST_TEST(text.starts_with("cfgd 1.2.3  warning  revision 118"), text);
  BOOST_TEST(contains(text, "paused\ngone\n"), text);
  BOOST_TEST(contains(text, "requests  7.5/s"), text);
  BOOST_TEST(contains(text, "75 % hits, 2 MiB of 64 MiB"), text);
  BOOST_TEST(contains(text, "7 connections"), text);
  BOOST_TEST(contains(text, "METHOD"), text);
  BOOST_TEST(contains(text, "files warning  1 is quarantined\n"), text);
  BOOST_TEST(contains(text, "1 of 2 checks are healthy\n"), text);
  BOOST_TEST(contains(text, "r118 1m ago  override uid 1000  site.title and 1 more\n"), text);
}

BOOST_AUTO_TEST_CASE(a_frame_fits_the_screen) {
  auto const model = busy();

  BOOST_TEST(model.frame({.columns = 80, .rows = 5}).size() == 5U);
  BOOST_TEST(text_of(top_model(), {.columns = 80, .rows = 5}) == "waiting for the service\n");
  BOOST_TEST(text_of(top_model(), {.columns = 80, .rows = 5, .trouble = "no"}) == "no\n");
}

BOOST_AUTO_TEST_CASE(nothing_that_moves_a_cursor_gets_into_a_frame) {
  top_model model;
  model.add(sample(0, "cfgd_build_info{version=\"\033[2J\"} 1\n"));

  BOOST_TEST(!contains(text_of(model, {}), "\033"));
}

BOOST_AUTO_TEST_CASE(bars_are_as_high_as_their_part_of_the_largest) {
  BOOST_TEST(sparkline({0, 7, 3.5}, 10) == "▁█▅");
  BOOST_TEST(sparkline({9, 0, 1}, 2) == "▁█"); // the last ones
  BOOST_TEST(sparkline({0, 0}, 10) == "▁▁");
  BOOST_TEST(sparkline({}, 10) == "");
}

BOOST_AUTO_TEST_SUITE_END()
