#include "core/metrics_text.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace {

using namespace cfgd::metrics;
using cfgd::duration_histogram;
using namespace std::chrono_literals;

/// The text of one family.
std::string text_of(family what, registry::collector samples) {
  registry all;
  all.add(std::move(what), std::move(samples));
  return all.text();
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(metrics_text)

BOOST_AUTO_TEST_CASE(a_counter_is_named_without_and_counted_with_total) {
  auto const text = text_of(
      {.name = "cfgd_requests", .what = type::counter, .help = "Calls."}, [](sampler& into) {
        into.value(std::uint64_t{18'446'744'073'709'551'615U}, {{"method", "Get"}});
      });

  BOOST_TEST(text == "# TYPE cfgd_requests counter\n"
                     "# HELP cfgd_requests Calls.\n"
                     "cfgd_requests_total{method=\"Get\"} 18446744073709551615\n"
                     "# EOF\n");
  BOOST_TEST(to_prometheus_text(text) == "# TYPE cfgd_requests_total counter\n"
                                         "# HELP cfgd_requests_total Calls.\n"
                                         "cfgd_requests_total{method=\"Get\"} "
                                         "18446744073709551615\n");
}

BOOST_AUTO_TEST_CASE(a_gauge_has_its_unit_and_any_number) {
  auto const text =
      text_of({.name = "cfgd_lag_seconds", .unit = "seconds", .help = "Late."}, [](sampler& into) {
        into.value(0.25);
        into.value(std::nan(""), {{"a", "x"}});
        into.value(-std::numeric_limits<double>::infinity(), {{"a", "y"}});
      });

  BOOST_TEST(text == "# TYPE cfgd_lag_seconds gauge\n"
                     "# UNIT cfgd_lag_seconds seconds\n"
                     "# HELP cfgd_lag_seconds Late.\n"
                     "cfgd_lag_seconds 0.25\n"
                     "cfgd_lag_seconds{a=\"x\"} NaN\n"
                     "cfgd_lag_seconds{a=\"y\"} -Inf\n"
                     "# EOF\n");
  BOOST_TEST(to_prometheus_text(text).find("UNIT") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(classes_are_summed_up_and_the_end_of_one_belongs_to_it) {
  duration_histogram times;
  times.observe(100us);
  times.observe(101us);
  times.observe(1h, 3);
  auto const text =
      text_of({.name = "cfgd_x_seconds", .what = type::histogram, .unit = "seconds", .help = "X."},
              [&](sampler& into) {
                into.value(times, {{"m", "Get"}});
              });

  BOOST_TEST(text.find("cfgd_x_seconds_bucket{m=\"Get\",le=\"0.0001\"} 1\n") != std::string::npos);
  BOOST_TEST(text.find("cfgd_x_seconds_bucket{m=\"Get\",le=\"0.00025\"} 2\n") != std::string::npos);
  BOOST_TEST(text.find("le=\"10.0\"} 2\n") != std::string::npos);
  BOOST_TEST(text.find("cfgd_x_seconds_bucket{m=\"Get\",le=\"+Inf\"} 5\n") != std::string::npos);
  BOOST_TEST(text.find("cfgd_x_seconds_sum{m=\"Get\"} 10800.000201\n") != std::string::npos);
  BOOST_TEST(text.find("cfgd_x_seconds_count{m=\"Get\"} 5\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(label_values_cannot_break_the_line) {
  auto const text = text_of({.name = "cfgd_x", .help = "a\nb\\c \"d\""}, [](sampler& into) {
    into.value(1.0, {{"path", "/\"\\\n/"}});
  });

  BOOST_TEST(text.find("# HELP cfgd_x a\\nb\\\\c \\\"d\\\"\n") != std::string::npos);
  BOOST_TEST(text.find("cfgd_x{path=\"/\\\"\\\\\\n/\"} 1.0\n") != std::string::npos);
  BOOST_TEST(to_prometheus_text(text).find("# HELP cfgd_x a\\nb\\\\c \"d\"\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_family_without_samples_is_left_out) {
  BOOST_TEST(text_of({.name = "cfgd_x", .help = "X."}, [](sampler&) {}) == "# EOF\n");
  BOOST_TEST(to_prometheus_text("# EOF\n").empty());
  BOOST_TEST(to_prometheus_text("").empty());
}

BOOST_AUTO_TEST_CASE(families_can_be_written_one_by_one) {
  registry all;
  for (auto const* const name : {"cfgd_a", "cfgd_none", "cfgd_b"})
    all.add({.name = name, .help = "X."}, [name](sampler& into) {
      if (std::string_view(name) != "cfgd_none") into.value(std::uint64_t{1});
    });
  std::string text;
  std::string objects = "[";
  for (std::size_t index = 0; index < all.size(); ++index) {
    all.append_text(text, index);
    all.append_json(objects, index);
  }

  BOOST_TEST(text.append(open_metrics_end) == all.text());
  BOOST_TEST((objects += ']') == all.json());
}

BOOST_AUTO_TEST_CASE(json_has_the_same_samples_as_objects) {
  registry all;
  all.add({.name = "cfgd_requests", .what = type::counter, .help = "Calls."}, [](sampler& into) {
    into.value(std::uint64_t{7}, {{"method", "Get \"x\""}, {"outcome", "replied"}});
  });
  all.add({.name = "cfgd_none", .help = "Has no samples."}, [](sampler&) {});
  all.add({.name = "cfgd_ratio", .help = "R."}, [](sampler& into) {
    into.value(0.5);
    into.value(std::nan(""), {{"a", "x"}});
  });
  duration_histogram times;
  times.observe(101us);
  all.add({.name = "cfgd_x_seconds", .what = type::histogram, .unit = "seconds", .help = "X."},
          [&](sampler& into) { into.value(times); });

  auto const text = all.json();

  BOOST_TEST(text.starts_with(
      R"([{"name":"cfgd_requests","kind":"counter","labels":{"method":"Get \"x\"",)"
      R"("outcome":"replied"},"value":7},)"
      R"({"name":"cfgd_ratio","kind":"gauge","labels":{},"value":0.5},)"
      R"({"name":"cfgd_ratio","kind":"gauge","labels":{"a":"x"},"value":null},)"
      R"({"name":"cfgd_x_seconds","kind":"histogram","labels":{},"histogram":{"bounds":[1e-04,)"));
  BOOST_TEST(text.find("\"counts\":[0,1,0") != std::string::npos);
  BOOST_TEST(text.ends_with("\"sum\":0.000101}}]"));
}

BOOST_AUTO_TEST_CASE(invalid_metric_names_are_rejected) {
  registry all;
  auto const none = [](sampler&) {};
  all.add({.name = "cfgd_x", .help = "X."}, none);
  for (auto const& wrong :
       {family{.name = "cfgd_x", .help = "again"}, family{.name = "other_x", .help = "X."},
        family{.name = "cfgd_X", .help = "X."}, family{.name = "cfgd_x_total", .help = "X."},
        family{.name = "cfgd_y", .unit = "bytes", .help = "X."}, family{.name = "cfgd_z"}})
    BOOST_CHECK_THROW(all.add(wrong, none), std::invalid_argument);
  BOOST_TEST(all.names().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
