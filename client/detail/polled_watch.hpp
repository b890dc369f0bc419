#pragma once

#include "client/call_error.hpp"
#include "client/detail/exchange.hpp"
#include "client/detail/retry.hpp"
#include "client/detail/watched_keys.hpp"
#include "client/watcher.hpp"
#include "core/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace cfgd::client::detail {

/// A watch for any event loop: a descriptor to wait for, and dispatch(), which does what can be
/// done without waiting. No thread and no Asio. Used by one thread at a time.
class polled_watch {
 public:
  /// Does not connect yet. Throws std::system_error if there are no descriptors.
  explicit polled_watch(watch_options how);
  ~polled_watch() = default;
  polled_watch(polled_watch const&) = delete;
  polled_watch& operator=(polled_watch const&) = delete;

  /// Readable when dispatch() has something to do; until it has given no event.
  int descriptor() const { return poller_.get(); }
  /// The next event; absent: nothing now. Errors as those of watcher::next(); they end the watch.
  /// What it throws does not: the next call connects anew and continues behind the last event.
  [[nodiscard]] result<std::optional<watch_event>> dispatch();

  revision_number revision() const { return progress_.revision(); }
  std::optional<std::string> const& store_id() const { return progress_.store_id(); }
  /// Whether the connection is lost, and will be made again.
  bool is_lost() const { return lost_; }

 private:
  using clock = exchange::clock;
  enum class stage : std::uint8_t { paused, connecting, streaming };

  result<std::optional<watch_event>> advance_watch();
  result<void> connect();
  result<void> connect_to(std::string path);
  /// What the exchange has to be done for; done: a reply, or an error.
  action advance_line();
  result<std::optional<watch_event>> take();
  result<std::optional<watch_event>> take_reply(reply got);
  void disconnect();
  void wake_at(clock::time_point when);
  void wait_for(action needed);

  std::string address_;
  std::chrono::milliseconds time_limit_;
  watched_keys progress_;
  retry retry_;
  exchange line_;
  unique_fd poller_; ///< epoll(7), of the timer and of the socket
  unique_fd timer_;
  unique_fd socket_;
  stage stage_ = stage::paused;
  std::string second_path_; ///< where to connect if the first place refuses; empty: nowhere
  clock::time_point resume_at_ = clock::time_point::min();
  bool lost_ = false;
  std::optional<call_error> end_;
};

} // namespace cfgd::client::detail
