#include "core/histogram.hpp"

#include <algorithm>

namespace cfgd {

void duration_histogram::observe(std::chrono::nanoseconds time, std::uint64_t weight) {
  double const seconds = std::chrono::duration<double>(time).count();
  // The end of a class belongs to it, as "le" says.
  auto const* const found = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  classes_.at(static_cast<std::size_t>(found - bounds.begin())) += weight;
  count_ += weight;
  sum_seconds_ += seconds * static_cast<double>(weight);
}

} // namespace cfgd
