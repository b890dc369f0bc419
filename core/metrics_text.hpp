#pragma once

#include "core/histogram.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Metrics for monitoring. They are collected as data, and then written as OpenMetrics 1.0
/// (github.com/OpenObservability/OpenMetrics), as the older text format 0.0.4 of Prometheus, or as
/// JSON. Not thread-safe.
namespace cfgd::metrics {

enum class type : std::uint8_t { counter, gauge, histogram };
std::string_view to_string(type which);

/// A family of metrics. The name of a counter has no "_total"; its samples have it.
struct family {
  std::string name; ///< cfgd_*, ends in the unit if there is one
  type what = type::gauge;
  std::string unit = {}; ///< seconds, bytes, or empty
  std::string help = {};
};

using labels = std::vector<std::pair<std::string_view, std::string_view>>;

/// One value of a family at the time of collection.
struct sample {
  std::vector<std::pair<std::string, std::string>> with; ///< labels, in the collector's order
  std::variant<std::uint64_t, double, duration_histogram> value;
};

/// Takes the samples of one family from its collector.
class sampler {
 public:
  explicit sampler(std::vector<sample>& out) : out_(out) {}

  /// Labels are copied.
  void value(double number, labels const& with = {}) { add(number, with); }
  void value(std::uint64_t number, labels const& with = {}) { add(number, with); }
  void value(duration_histogram const& times, labels const& with = {}) { add(times, with); }

 private:
  void add(decltype(sample::value) value, labels const& with);

  std::vector<sample>& out_;
};

/// All metrics of the service. Families are added once; their samples are collected for each call
/// of text() or json(), one family after the other, on the caller's thread.
class registry {
 public:
  using collector = std::function<void(sampler&)>;
  /// Throws std::invalid_argument for a name that exists already or breaks the naming rules: a bug.
  void add(family what, collector samples);

  /// OpenMetrics, with "# EOF" at the end. A family without samples is left out.
  std::string text() const;
  /// The same samples as a JSON array of io.cfgd.Service.Figure.
  std::string json() const;
  /// Both by family, for who makes them in steps: families are 0 to size() - 1.
  void append_text(std::string& out, std::size_t index) const;
  void append_json(std::string& out, std::size_t index) const;
  std::size_t size() const { return families_.size(); }
  std::vector<std::string> names() const;

 private:
  std::vector<std::pair<family, collector>> families_;
};

inline constexpr std::string_view open_metrics_end = "# EOF\n";
inline constexpr std::string_view open_metrics_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";
inline constexpr std::string_view prometheus_type = "text/plain; version=0.0.4; charset=utf-8";

/// Converts the result of registry::text() to the older format, where names of counters have
/// "_total".
std::string to_prometheus_text(std::string_view open_metrics);

} // namespace cfgd::metrics
