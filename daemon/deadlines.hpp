#pragma once

#include "core/change.hpp"

#include <chrono>
#include <optional>

namespace cfgd {

/// What the service's clock waits for; absent: nothing of the kind.
struct deadlines {
  using clock = std::chrono::steady_clock;
  /// Wall time may be set at any moment, so the clock wakes at least this often to compare it.
  static constexpr std::chrono::seconds longest_sleep{30};
  static constexpr std::chrono::milliseconds shortest_sleep{1};

  std::optional<wall_time> pending_change = {};   ///< the next one expires
  std::optional<clock::time_point> edit = {};     ///< the edit of several files ends
  std::optional<clock::time_point> bookmark = {}; ///< the next one is due to a watcher
  std::optional<clock::time_point> wait = {};     ///< the next wait for consumers ends
  std::optional<clock::time_point> consumer = {}; ///< the next consumer is late

  /// When the clock has to wake next; `wall` and `now` are the same moment.
  clock::time_point next(wall_time wall, clock::time_point now) const;
};

} // namespace cfgd
