#pragma once

#include "call_error.hpp"
#include "health_types.hpp"
#include "watcher.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace cfgd::client {

struct health_watch_options {
  std::string address; ///< as socket_path takes it
  first_connect first = first_connect::must_succeed;
  /// Of a connect, and of its first report.
  std::chrono::milliseconds time_limit = std::chrono::seconds(30);
  std::chrono::milliseconds shortest_wait = std::chrono::milliseconds(100);
  std::chrono::milliseconds longest_wait = std::chrono::seconds(5);
  /// Told when the connection was lost and will be made again. May be empty. Must not throw.
  std::function<void(call_error const& why)> on_lost;
};

/// Observes the health of the service over any number of reconnects. Nothing is read ahead of
/// next(); a slow caller is told of each check's newest result alone.
class health_watcher {
 public:
  struct event {
    health_report report;
    /// `report` has all checks: the first one of each connection. Others have those that changed.
    bool whole = false;
  };

  health_watcher(boost::asio::any_io_executor const& executor, health_watch_options options);
  /// No next() may be under way.
  ~health_watcher();
  health_watcher(health_watcher const&) = delete;
  health_watcher& operator=(health_watcher const&) = delete;

  /// The next report. One caller at a time. A lost connection is made again, without end.
  /// Errors: as those of watcher::next(). After an error it is over.
  [[nodiscard]] boost::asio::awaitable<result<event>> next();

  /// Ends next() with `closed`.
  void stop();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
