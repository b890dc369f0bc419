#pragma once

#include "daemon/health/settings.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace cfgd::health {

/// By how much a counter has risen lately. An event between two runs of a check would not be seen
/// in the second one, so the rise is reported for a while. No I/O.
class recent_increase {
 public:
  using time = std::chrono::steady_clock::time_point;

  /// `shown_for`: how long a rise is reported after it was seen.
  explicit recent_increase(std::chrono::milliseconds shown_for) : shown_for_(shown_for) {}

  /// `total`: the counter at `now`. Returns the rise that is reported at that time.
  std::uint64_t take(std::uint64_t total, time now) {
    if (total > last_) {
      risen_ += total - last_;
      until_ = now + shown_for_;
      last_ = total;
    } else if (now >= until_) {
      risen_ = 0;
    }
    return risen_;
  }

 private:
  std::chrono::milliseconds shown_for_;
  std::uint64_t last_ = 0;
  std::uint64_t risen_ = 0;
  time until_{};
};

/// How long a single event is reported: for two runs of its check at least.
inline std::chrono::milliseconds report_time(pace const& how, std::chrono::milliseconds least) {
  return std::max(least, 2 * how.interval + how.limit);
}

} // namespace cfgd::health
