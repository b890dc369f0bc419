#pragma once

#include "core/histogram.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Figures as text for monitoring: OpenMetrics 1.0 (github.com/OpenObservability/OpenMetrics), and
/// the older text format 0.0.4 of Prometheus for those who read nothing else.
namespace cfgd::metrics {

enum class type : std::uint8_t { counter, gauge, histogram };
std::string_view to_string(type which);

/// A family of figures. A counter's name goes without "_total", which its samples have.
struct family {
  std::string name; ///< cfgd_*, ends in the unit if there is one
  type what = type::gauge;
  std::string unit = {}; ///< seconds, bytes, or empty
  std::string help = {};
};

using labels = std::vector<std::pair<std::string_view, std::string_view>>;

/// Writes the samples of one family.
class sampler {
 public:
  sampler(std::string& out, family const& of) : out_(out), of_(of) {}

  void value(double number, labels const& with = {});
  void value(std::uint64_t number, labels const& with = {});
  void value(duration_histogram const& times, labels const& with = {});

 private:
  void begin(std::string_view suffix, labels const& with, std::string_view le = {});
  void end(std::string_view number);

  std::string& out_;
  family const& of_;
};

/// All figures of the service. Families are added once; their samples are asked for each time.
class registry {
 public:
  using collector = std::function<void(sampler&)>;
  /// Throws std::invalid_argument for a name that is there or is none by the rules: a bug.
  void add(family what, collector samples);

  /// OpenMetrics, with "# EOF" at the end. A family without samples is left out.
  std::string text() const;
  std::vector<std::string> names() const;

 private:
  std::vector<std::pair<family, collector>> families_;
};

inline constexpr std::string_view open_metrics_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";
inline constexpr std::string_view prometheus_type = "text/plain; version=0.0.4; charset=utf-8";

/// What registry::text() gives, in the older format: counters keep their "_total" in the name.
std::string to_prometheus_text(std::string_view open_metrics);

} // namespace cfgd::metrics
