#pragma once

#include "daemon/health/result.hpp"

#include <chrono>
#include <optional>

namespace cfgd::health {

/// Notices when the wall clock was set and when the machine slept, from three clocks that all run
/// alike otherwise (clock_gettime(2)). Gets the time as an argument; no I/O but in read().
class clock_watch {
 public:
  struct reading {
    std::chrono::nanoseconds wall;      ///< CLOCK_REALTIME
    std::chrono::nanoseconds monotonic; ///< CLOCK_MONOTONIC: stands still while the machine sleeps
    std::chrono::nanoseconds boot;      ///< CLOCK_BOOTTIME: does not
  };
  static reading read();

  /// A jump of `least` or more is reported for `shown_for`; drift and slewing stay below it.
  clock_watch(std::chrono::milliseconds least, std::chrono::milliseconds shown_for)
      : least_(least), shown_for_(shown_for) {}

  finding take(reading const& now);

 private:
  struct jump {
    std::chrono::nanoseconds by;
    std::chrono::nanoseconds at; ///< CLOCK_BOOTTIME
  };

  std::chrono::nanoseconds least_;
  std::chrono::nanoseconds shown_for_;
  std::optional<reading> last_;
  std::optional<jump> jump_;
  std::chrono::nanoseconds slept_{};
};

} // namespace cfgd::health
