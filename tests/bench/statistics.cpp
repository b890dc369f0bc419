#include "tests/bench/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

// The nearest-rank percentile: always a value that was measured. Means are not used: one stall of
// the machine would be in all of them.

namespace cfgd::bench {

double percentile(std::vector<double> samples, double share) {
  if (samples.empty()) return 0;
  auto const rank = std::ceil(share * static_cast<double>(samples.size()));
  auto const index =
      std::min(samples.size() - 1, static_cast<std::size_t>(std::max(0.0, rank - 1)));
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(index),
                   samples.end());
  return samples[index];
}

double median(std::vector<double> samples) { return percentile(std::move(samples), 0.5); }

figures summarize(std::vector<double> const& latencies, double per_second) {
  return {.per_second = per_second,
          .p50 = percentile(latencies, 0.5),
          .p99 = percentile(latencies, 0.99)};
}

double fitted_exponent(std::vector<std::pair<double, double>> const& points) {
  auto const count = static_cast<double>(points.size());
  double x_sum = 0;
  double y_sum = 0;
  double xx_sum = 0;
  double xy_sum = 0;
  for (auto const& [x, y] : points) {
    double const x_log = std::log(x);
    double const y_log = std::log(y);
    x_sum += x_log;
    y_sum += y_log;
    xx_sum += x_log * x_log;
    xy_sum += x_log * y_log;
  }
  if (points.size() < 2) return 0;
  return (count * xy_sum - x_sum * y_sum) / (count * xx_sum - x_sum * x_sum);
}

rounds_of alternate(std::vector<contender> const& all, unsigned rounds) {
  rounds_of results(all.size());
  for (unsigned round = 0; round < rounds; ++round)
    for (std::size_t index = 0; index < all.size(); ++index)
      results[index].push_back(all[index].measure());
  return results;
}

double median_of(std::vector<figures> const& one, double figures::*which) {
  std::vector<double> samples;
  samples.reserve(one.size());
  for (auto const& round : one)
    samples.push_back(round.*which);
  return median(std::move(samples));
}

double ratio_of(std::vector<figures> const& one, std::vector<figures> const& other,
                double figures::*which) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < std::min(one.size(), other.size()); ++round)
    if (other[round].*which > 0) ratios.push_back(one[round].*which / other[round].*which);
  return median(std::move(ratios));
}

table::table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void table::add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

std::string table::text() const {
  std::vector<std::size_t> widths;
  for (auto const& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  }
  std::string out;
  for (auto const& row : rows_) {
    for (std::size_t column = 0; column < row.size(); ++column)
      out += column == 0 ? fmt::format("{:<{}}", row[column], widths[column])
                         : fmt::format("  {:>{}}", row[column], widths[column]);
    out += '\n';
  }
  return out;
}

std::string fixed(double value, int decimals) { return fmt::format("{:.{}f}", value, decimals); }

} // namespace cfgd::bench
