#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Figures of the service, read from OpenMetrics text.
namespace cfgd::cfgctl {

class metrics_sample {
 public:
  using labels = std::vector<std::pair<std::string, std::string>>;
  struct series {
    std::string name;
    labels with;
    double value = 0;
    /// Empty if it has none of that name.
    std::string_view label(std::string_view wanted) const;
  };

  /// Lines that are none are passed over.
  static metrics_sample parse(std::string_view text);

  /// The sum of all series of a name; with a label, of those that have it so.
  double sum(std::string_view name, std::string_view label = {}, std::string_view value = {}) const;
  bool contains(std::string_view name) const;
  std::vector<series> const& all() const { return all_; }

 private:
  std::vector<series> all_;
};

/// Counts of a histogram by upper bound, as Prometheus has them: each has those below it in it.
struct histogram {
  std::vector<std::pair<double, double>> buckets; ///< bound (the last is infinity), count
  double sum = 0;

  void add(double bound, double count);
  double count() const { return buckets.empty() ? 0 : buckets.back().second; }
  /// Between two bounds, in proportion. Absent if nothing was counted.
  std::optional<double> quantile(double which) const;
  std::optional<double> mean() const;
};

/// What came to a histogram since `before`. With a label, of the series that have it so.
histogram histogram_between(metrics_sample const& before, metrics_sample const& now,
                            std::string_view name, std::string_view label = {},
                            std::string_view value = {});

} // namespace cfgd::cfgctl
