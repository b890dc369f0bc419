#include "cfgctl/top/top_model.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace cfgd::cfgctl;
using cfgd::client::figure;
using std::chrono::seconds;

namespace {

constexpr screen file{.terminal = false, .colored = false, .columns = 80};

using labels = std::vector<std::pair<std::string, std::string>>;

figure of_name(std::string name, double value, labels with = {}) {
  return {.name = std::move(name),
          .kind = {},
          .labels = std::move(with),
          .value = value,
          .histogram = {}};
}

/// Calls of a method, and their latencies: `fast` of at most 1 ms, `slow` of at most 10 ms.
struct calls {
  std::string method;
  int replied = 0;
  int failed = 0;
  int fast = 0;
  int slow = 0;
};

void add_calls(figure_list& to, calls const& what) {
  auto const counter = [&](char const* outcome, int value) {
    return of_name("cfgd_requests", value, {{"method", what.method}, {"outcome", outcome}});
  };
  to.push_back(counter("replied", what.replied));
  to.push_back(counter("failed", what.failed));
  if (what.fast + what.slow == 0) return;
  histogram times;
  times.bounds = {0.001, 0.01};
  times.counts = {what.fast, what.slow, 0};
  times.sum = what.fast * 0.001 + what.slow * 0.01;
  to.push_back(of_name("cfgd_request_duration_seconds", 0, {{"method", what.method}}));
  to.back().histogram = times;
}

/// `started`: the start time of the process.
top_sample sample(int second, int started, std::vector<calls> const& all, figure_list more = {}) {
  top_sample out;
  out.when = std::chrono::steady_clock::time_point(seconds(second));
  out.at = cfgd::parse_rfc3339("2026-11-23T10:00:00Z").value() + seconds(second);
  more.push_back(of_name("cfgd_start_time_seconds", started));
  for (calls const& one : all)
    add_calls(more, one);
  out.figures = std::move(more);
  out.health.status = "healthy";
  return out;
}

/// Two samples, two seconds apart: 40 Gets, of which 2 failed, and 4 Sets.
top_model busy() {
  top_model out;
  out.add(sample(0, 5,
                 {{.method = "Get", .replied = 100, .fast = 100},
                  {.method = "Set", .replied = 1, .fast = 1}}));
  out.add(sample(2, 5,
                 {{.method = "Get", .replied = 138, .failed = 2, .fast = 138, .slow = 2},
                  {.method = "Set", .replied = 5, .fast = 1, .slow = 4},
                  {.method = "List"}}));
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

BOOST_AUTO_TEST_CASE(figures_are_summed_by_name_and_label) {
  figure_list all{of_name("a", 3), of_name("b", 2.5, {{"x", "1"}}), of_name("b", 4, {{"x", "2"}})};
  all.back().value.reset(); // not a finite number

  BOOST_TEST(sum_of(all, {"a"}) == 3.0);
  BOOST_TEST(sum_of(all, {"b"}) == 2.5);
  BOOST_TEST(sum_of(all, {.name = "b", .label = "x", .value = "1"}) == 2.5);
  BOOST_TEST(sum_of(all, {.name = "b", .label = "x", .value = "2"}) == 0.0);
  BOOST_TEST(sum_of({}, {"a"}) == 0.0);
}

BOOST_AUTO_TEST_CASE(a_histogram_whose_counts_do_not_fit_its_bounds_is_ignored) {
  figure_list now{of_name("c", 0), of_name("c", 0)};
  now[0].histogram = {.bounds = {0.1, 0.2}, .counts = {1, 2, 3}, .sum = 0.5};
  now[1].histogram = {.bounds = {0.1}, .counts = {1}, .sum = 0.5};

  BOOST_TEST(count_of(added_since({}, now, {"c"})) == 6);
}

BOOST_AUTO_TEST_CASE(quantiles_lie_between_bounds) {
  histogram times;
  times.bounds = {0.1, 0.2};
  times.counts = {10, 10, 0};
  times.sum = 3;

  BOOST_TEST(quantile_of(times, 0.5).value() == 0.1, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(quantile_of(times, 0.75).value() == 0.15, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(quantile_of(times, 0.25).value() == 0.05, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(quantile_of(times, 1).value() == 0.2, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(mean_of(times).value() == 0.15, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(!quantile_of({}, 0.5).has_value());
  BOOST_TEST(!mean_of({}).has_value());
}

BOOST_AUTO_TEST_CASE(a_quantile_above_the_last_bound_is_that_bound) {
  histogram times;
  times.bounds = {0.1};
  times.counts = {0, 5};

  BOOST_TEST(quantile_of(times, 0.99).value() == 0.1, boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(histograms_of_all_methods_are_added) {
  auto const before = sample(0, 5, {{.method = "Get", .fast = 1}}).figures;
  auto const now =
      sample(2, 5, {{.method = "Get", .fast = 3}, {.method = "Set", .slow = 4}}).figures;

  auto const times = added_since(before, now, {"cfgd_request_duration_seconds"});

  BOOST_TEST(times.counts == (std::vector<std::int64_t>{2, 4, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(times.sum == 0.042, boost::test_tools::tolerance(1e-9));
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

  model.add(sample(4, 9, {{.method = "Get", .replied = 500}}));

  auto const rows = model.methods(top_order::rate);
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(rows[0].rate == 0.0);
  BOOST_TEST(rows[0].total == 500.0);
}

BOOST_AUTO_TEST_CASE(a_frame_has_the_state_the_methods_the_health_and_the_changes) {
  auto model = busy();
  auto const version = of_name("cfgd_build_info", 1, {{"version", "1.2.3"}});
  auto const hits = of_name("cfgd_cache_lookups", 30, {{"result", "hit"}});
  auto const misses = of_name("cfgd_cache_lookups", 10, {{"result", "miss"}});
  auto newest =
      sample(4, 5, {{.method = "Get", .replied = 158, .failed = 2, .fast = 158, .slow = 2}},
             {version, hits, misses, of_name("cfgd_revision", 118),
              of_name("cfgd_cache_bytes", 2'097'152), of_name("cfgd_cache_limit_bytes", 67'108'864),
              of_name("cfgd_connections", 7), of_name("cfgd_watchers", 3)});
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
  newest.changes[0].from.uid = 4321;
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
  BOOST_TEST(contains(text, "r118 1m ago  override uid 4321  site.title and 1 more\n"), text);
}

BOOST_AUTO_TEST_CASE(the_calls_of_top_itself_are_not_shown) {
  std::string const own = "io.cfgd.Service.Figures";
  std::string const shared = "io.cfgd.Service.Health";
  top_model model;
  model.add(sample(0, 5, {{.method = own, .replied = 1}, {.method = shared, .replied = 1}}));
  model.add(sample(2, 5,
                   {{.method = own, .replied = 2},
                    {.method = shared, .replied = 12},
                    {.method = "Get", .replied = 7},
                    {.method = "Set"}}));

  auto const rows = model.methods(top_order::rate);
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(rows[0].name == shared);
  BOOST_TEST(rows[0].rate == 5.0);
  BOOST_TEST(rows[0].total == 11.0);
  BOOST_TEST(rows[1].name == "Get");
  BOOST_TEST(contains(text_of(model, {}), "requests  8.5/s"), text_of(model, {}));
}

BOOST_AUTO_TEST_CASE(a_frame_has_files_that_are_not_active_and_the_last_problem) {
  auto newest = sample(0, 5, {});
  newest.bad_files.resize(2);
  newest.bad_files[0].path = "/e/site.yaml";
  newest.bad_files[0].state = "quarantined";
  newest.bad_files[0].message = "a colon is missing";
  newest.bad_files[0].line = 12;
  newest.bad_files[0].column = 3;
  newest.last_problem.emplace();
  newest.last_problem->kind = "parse";
  newest.last_problem->source = "/e/site.yaml";
  newest.last_problem->message = "a colon is missing";
  newest.last_problem->time = "2026-11-23T09:58:00Z";
  top_model model;
  model.add(std::move(newest));

  auto const text = text_of(model, {});

  BOOST_TEST(contains(text, "files     /e/site.yaml:12:3: a colon is missing (and 1 more)\n"),
             text);
  BOOST_TEST(contains(text, "problem   parse 2m ago  /e/site.yaml: a colon is missing\n"), text);
}

BOOST_AUTO_TEST_CASE(a_frame_fits_the_screen) {
  auto const model = busy();

  BOOST_TEST(model.frame({.columns = 80, .rows = 5}).size() == 5U);
  BOOST_TEST(text_of(top_model(), {.columns = 80, .rows = 5}) == "waiting for the service\n");
  BOOST_TEST(text_of(top_model(), {.columns = 80, .rows = 5, .trouble = "no"}) == "no\n");
}

BOOST_AUTO_TEST_CASE(a_method_is_one_line_on_a_narrow_screen) {
  top_model model;
  model.add(sample(0, 5, {{.method = "io.cfgd.Config.Get", .replied = 1, .fast = 1}}));
  model.add(sample(2, 5, {{.method = "io.cfgd.Config.Get", .replied = 11, .fast = 11}}));

  for (std::size_t const columns : {40U, 60U, 80U}) {
    auto const text = text_of(model, {.columns = columns, .rows = 24});
    auto const begin = text.find("METHOD");
    auto const row = text.find('\n', begin) + 1;
    auto const line = text.substr(row, text.find('\n', row) - row);

    BOOST_TEST(columns_of(line) <= columns, line);
    BOOST_TEST(contains(line, "Config.Get  "), line);
    BOOST_TEST(contains(line, "5/s"), line);
    BOOST_TEST(contains(text, "TOTAL") == (columns >= 60));
  }
}

BOOST_AUTO_TEST_CASE(nothing_that_moves_a_cursor_gets_into_a_frame) {
  top_model model;
  model.add(sample(0, 5, {}, {of_name("cfgd_build_info", 1, {{"version", "\033[2J"}})}));

  BOOST_TEST(!contains(text_of(model, {}), "\033"));
}

BOOST_AUTO_TEST_CASE(bars_are_as_high_as_their_part_of_the_largest) {
  BOOST_TEST(sparkline({0, 7, 3.5}, 10) == "▁█▅");
  BOOST_TEST(sparkline({9, 0, 1}, 2) == "▁█"); // the last ones
  BOOST_TEST(sparkline({0, 0}, 10) == "▁▁");
  BOOST_TEST(sparkline({}, 10) == "");
}

BOOST_AUTO_TEST_SUITE_END()
