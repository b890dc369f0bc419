#pragma once

#include "core/limits.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>

namespace cfgd::ipc {

/// How fast each user may make connections: a token bucket for each uid. Does no I/O, has no clock.
class connection_rate {
 public:
  using clock = std::chrono::steady_clock;
  /// A connection that would wait longer than this is refused.
  static constexpr std::chrono::seconds longest_wait{1};

  explicit connection_rate(limits const& bounds);

  /// Counts a new connection of `uid`. Returns when it may be served, `now` or later; absent: it
  /// has to be refused, and is not counted.
  std::optional<clock::time_point> take(uid_t uid, clock::time_point now);

  /// Users that are counted at the moment, limits::rated_users at most.
  std::size_t size() const { return paid_until_.size(); }

 private:
  void forget_idle(clock::time_point now);

  clock::duration each_;  ///< one connection's share of a second
  clock::duration burst_; ///< may be taken in advance
  std::size_t most_;
  /// By uid: the connections so far have used the time up to here. Who is not in it has used none.
  std::unordered_map<uid_t, clock::time_point> paid_until_;
};

} // namespace cfgd::ipc
