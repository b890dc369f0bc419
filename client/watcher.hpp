#pragma once

#include "call_error.hpp"
#include "types.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::client {

/// What an event with `resync` carries.
enum class resync_mode : std::uint8_t {
  /// `values` is the whole state. The watcher keeps nothing.
  whole,
  /// `values` is what differs from what was told before, `removed` what is gone. The watcher keeps
  /// a
  /// copy of all that it watches. Behind an after_revision it does not know the state, so that the
  /// first resync is whole all the same.
  differences,
};

/// What happens while the service cannot be reached for the first time.
enum class first_connect : std::uint8_t { must_succeed, retry };

struct watch_options {
  std::vector<std::string> prefixes; ///< empty: everything the caller may read
  /// Go on behind this revision instead of starting with the current values.
  std::optional<revision_number> after_revision;
  std::string address; ///< as socket_path takes it
  resync_mode resync = resync_mode::whole;
  first_connect first = first_connect::must_succeed;
  /// Of a connect, and of each reply until the state is complete.
  std::chrono::milliseconds time_limit = std::chrono::seconds(30);
  std::chrono::milliseconds shortest_wait = std::chrono::milliseconds(100);
  std::chrono::milliseconds longest_wait = std::chrono::seconds(5);
  /// Told when the connection was lost and will be made again. May be empty. Must not throw.
  std::function<void(call_error const& why)> on_lost;
};

/// Observes keys over any number of reconnects: every revision once, in order, whole; or, where the
/// service no longer has the history, an event with `resync`. Nothing is read ahead of next(), so a
/// slow caller is seen by the service and by nobody else.
class watcher {
 public:
  watcher(boost::asio::any_io_executor const& executor, watch_options options);
  /// No next() may be under way.
  ~watcher();
  watcher(watcher const&) = delete;
  watcher& operator=(watcher const&) = delete;

  /// The next event. The first one is the state (`ready` set), however many replies it took, unless
  /// after_revision was given. One caller at a time. A lost connection is made again, without end.
  /// Errors: unreachable, timed_out, closed, protocol (the first connect, if it must succeed),
  /// refused (the service does not want this watch), closed (after stop()). After an error it is
  /// over.
  [[nodiscard]] boost::asio::awaitable<result<watch_event>> next();

  /// Ends next() with `closed`.
  void stop();

  /// The revision up to which everything was told: that of the last event, or a later one that
  /// changed nothing that is watched. 0 before the first event.
  revision_number revision() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
