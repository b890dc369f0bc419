#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace cfgd {

/// Counts durations in classes from 100 microseconds to 10 seconds. Not thread-safe; no allocation.
class duration_histogram {
 public:
  /// Upper ends of the classes, in seconds; the last class has none.
  static constexpr std::array<double, 15> bounds{
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};

  /// `weight`: the number of events that it stands for, if only some are timed.
  void observe(std::chrono::nanoseconds time, std::uint64_t weight = 1);

  /// The number of durations in each class, not cumulative.
  std::array<std::uint64_t, bounds.size() + 1> const& classes() const { return classes_; }
  std::uint64_t count() const { return count_; }
  double sum_seconds() const { return sum_seconds_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> classes_{};
  std::uint64_t count_ = 0;
  double sum_seconds_ = 0;
};

} // namespace cfgd
