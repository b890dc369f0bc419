#pragma once

#include <algorithm>
#include <chrono>

namespace cfgd::client::detail {

/// The time to wait before the next attempt: doubles from `first` to `longest`. No clock, no timer.
class back_off {
 public:
  using duration = std::chrono::milliseconds;

  back_off(duration first, duration longest)
      : first_(std::max(first, duration(1))), longest_(std::max(longest, first_)), next_(first_) {}

  /// The next wait. `spread` in [0, 1] shortens it by up to half, so that a thousand clients of a
  /// restarted service do not all connect at the same instant.
  duration next(double spread) {
    duration const whole = next_;
    next_ = std::min(next_ * 2, longest_);
    return whole - std::chrono::duration_cast<duration>(whole * (std::clamp(spread, 0.0, 1.0) / 2));
  }

  /// An attempt succeeded: the next wait is the first again.
  void reset() { next_ = first_; }

 private:
  duration first_;
  duration longest_;
  duration next_;
};

} // namespace cfgd::client::detail
