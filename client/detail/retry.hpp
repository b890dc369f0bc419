#pragma once

#include "client/call_error.hpp"
#include "client/detail/back_off.hpp"
#include "client/watcher.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <random>

namespace cfgd::client::detail {

/// Decides whether a stream whose connection was lost begins again, and when. No clock, no timer.
class retry {
 public:
  struct options {
    first_connect first = first_connect::must_succeed;
    std::chrono::milliseconds shortest_wait;
    std::chrono::milliseconds longest_wait;
    std::function<void(call_error const& why)> on_lost; ///< may be empty
  };

  explicit retry(options how);

  /// The service has sent a good reply.
  void on_success();
  /// The time to wait before the next attempt; absent: the stream ends with `why`. Reports the
  /// loss, once until the next success.
  std::optional<std::chrono::milliseconds> on_failure(call_error const& why);

 private:
  bool may_go_on(call_error const& why) const;

  options how_;
  back_off wait_;
  std::minstd_rand random_;
  bool answered_ = false; ///< the service has sent a good reply once
  bool reported_ = false; ///< since the last success
};

} // namespace cfgd::client::detail
