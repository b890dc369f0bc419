#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cfgd::bench {

/// The value below which `share` (0 to 1) of the samples are; 0 without samples.
double percentile(std::vector<double> samples, double share);
double median(std::vector<double> samples);

/// What one measurement gave. Times in microseconds.
struct figures {
  double per_second = 0;
  double p50 = 0;
  double p99 = 0;
};
figures summarize(std::vector<double> const& latencies, double per_second);

/// The b of y = a * x^b, by least squares of the logarithms; 0 for less than two points.
double fitted_exponent(std::vector<std::pair<double, double>> const& points);

/// One of several things that are measured beside each other.
struct contender {
  std::string name;
  std::function<figures()> measure;
};
/// What each contender gave, round by round. Rounds go through all of them, A B C A B C: the
/// machine's mood changes slower than that, so ratios within a round hold where single figures do
/// not.
using rounds_of = std::vector<std::vector<figures>>;
rounds_of alternate(std::vector<contender> const& all, unsigned rounds);

/// The median over the rounds of one figure, or of its ratio to the other contender's in the same
/// round.
double median_of(std::vector<figures> const& one, double figures::*which);
double ratio_of(std::vector<figures> const& one, std::vector<figures> const& other,
                double figures::*which);

/// Lines of columns; the first is the header.
class table {
 public:
  explicit table(std::vector<std::string> header);
  void add(std::vector<std::string> row);
  /// The first column to the left, the others to the right.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// `value` with so many decimals.
std::string fixed(double value, int decimals);

} // namespace cfgd::bench
