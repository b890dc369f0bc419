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
  /// Of a connect and its first report. Zero: no limit.
  std::chrono::milliseconds time_limit = std::chrono::seconds(30);
  // As in watch_options.
  std::chrono::milliseconds shortest_wait = std::chrono::milliseconds(100);
  std::chrono::milliseconds longest_wait = std::chrono::seconds(5);
  std::function<void(call_error const& why)> on_lost;
};

/// Watches the health of the service over any number of reconnects. Nothing is read ahead of
/// next(); a slow caller gets only the newest result of each check. All functions run on one thread
/// or strand, that of `executor`.
class health_watcher {
 public:
  struct event {
    health_report report;
    /// `report` has all checks: the first report of each connection. Others have those whose status
    /// changed.
    bool whole = false;
  };

  health_watcher(boost::asio::any_io_executor const& executor, health_watch_options options);
  /// No next() may be under way.
  ~health_watcher();
  health_watcher(health_watcher const&) = delete;
  health_watcher& operator=(health_watcher const&) = delete;

  /// The next report. One caller at a time. A lost connection is made again, for as long as it
  /// takes. Errors: as those of watcher::next(), and as final.
  [[nodiscard]] boost::asio::awaitable<result<event>> next();

  /// Ends the watch: a next() under way gives `closed`.
  void stop();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
