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
  /// `values` is the whole state. The watcher keeps no copy.
  whole,
  /// `values` is what differs from what was reported before, `removed` what is gone. The watcher
  /// keeps a copy of all that it watches. With after_revision it does not know the state, so that
  /// the first resync is whole.
  differences,
};

/// What a failure before the first reply means: the end, or another attempt.
enum class first_connect : std::uint8_t { must_succeed, retry };

struct watch_options {
  std::vector<std::string> prefixes; ///< empty: everything the caller may read
  /// Start with the changes after this revision instead of the current values.
  std::optional<revision_number> after_revision;
  std::string address; ///< as socket_path takes it
  resync_mode resync = resync_mode::whole;
  first_connect first = first_connect::must_succeed;
  /// Of a connect, and of each reply until the state is complete. Zero: no limit.
  std::chrono::milliseconds time_limit = std::chrono::seconds(30);
  // Between attempts: doubles from the first to the second, each shortened at random by up to half.
  std::chrono::milliseconds shortest_wait = std::chrono::milliseconds(100);
  std::chrono::milliseconds longest_wait = std::chrono::seconds(5);
  /// Also give events with watch_event::without_effect: edits of files that a higher layer hides.
  bool hidden = false;
  /// Called when the connection was lost and will be made again, once until the next reply. On the
  /// thread of the executor. May be empty. Must not throw, nor destroy the watcher.
  std::function<void(call_error const& why)> on_lost;
  /// The store that after_revision is from, as watcher::store_id() said. If the service has another
  /// one by now, the watch begins with a resync. Absent: the one that the service has.
  std::optional<std::string> store_id = {};
  /// Leave out what is secret, also where the caller may see it. An older service rejects that.
  bool without_secrets = false;
  /// The counterpart of on_lost: the watch continues, and what was missed meanwhile has been
  /// reported. Not called if an event with `ready` says it. May be empty; as on_lost.
  std::function<void()> on_resumed = {};
  /// The name of the program, under which it says what it has applied: calls::acknowledge(). It has
  /// to do that after the first event and after each one with values or keys that are gone; a watch
  /// that begins with after_revision for that revision, too. Absent: nobody waits for it. An older
  /// service rejects that.
  std::optional<std::string> consumer = {};
};

/// Watches keys over any number of reconnects: every revision once, in order, whole; or, where the
/// service no longer has the history, an event with `resync`. Nothing is read ahead of next(): a
/// slow caller only makes the service queue, up to a limit, and then catch up from history.
///
/// All functions run on one thread or strand, that of `executor`.
class watcher {
 public:
  watcher(boost::asio::any_io_executor const& executor, watch_options options);
  /// No next() may be under way.
  ~watcher();
  watcher(watcher const&) = delete;
  watcher& operator=(watcher const&) = delete;

  /// The next event. The first one is the whole state (`ready` set), unless after_revision was
  /// given. One caller at a time. A lost connection is made again, for as long as it takes.
  /// Errors: unreachable, timed_out, closed, protocol (before the first reply, if it must succeed);
  /// refused (BadKey, PermissionDenied, ...); closed (after stop()). An error is the end of the
  /// watch.
  [[nodiscard]] boost::asio::awaitable<result<watch_event>> next();

  /// Ends the watch: a next() under way gives `closed`.
  void stop();

  /// The revision up to which everything was reported: that of the last event, or a later one that
  /// changed no watched key. 0 before the first event. As watch_options::after_revision it
  /// continues the watch in another process.
  revision_number revision() const;
  /// The store that revision() is of; for watch_options::store_id. Absent before the first event,
  /// and where the service does not say it.
  std::optional<std::string> store_id() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
