#pragma once

#include "client/types.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

/// The programs of `watch --exec`.
namespace cfgd::cfgctl {

/// Merges the events since the last run of the program into one.
class merged_events {
 public:
  /// Merges `event` into those that wait.
  void add(client::watch_event&& event);

  bool empty() const { return !waiting_; }

  struct handover {
    std::vector<std::string> environment; ///< CFGD_REVISION, CFGD_KEYS, and so on
    std::string input;                    ///< the event as a line of JSON
  };
  /// Returns all that waits, and becomes empty. Requires !empty().
  handover take();

 private:
  std::optional<client::watch_event> waiting_;
};

/// Runs a program for each event, one after the other. Events that arrive while it runs are merged.
/// Not thread-safe: used on the loop's thread only.
class event_programs {
 public:
  event_programs(boost::asio::io_context& loop, std::vector<std::string> program);
  /// Requires that no program runs: stop() was called and the loop has run to its end.
  ~event_programs();
  event_programs(event_programs const&) = delete;
  event_programs& operator=(event_programs const&) = delete;

  void add(client::watch_event&& event);

  /// Sends SIGTERM to the program that runs, and starts no other. The loop ends when the program
  /// has ended.
  void stop();

 private:
  void start_next();
  void on_end();

  std::vector<std::string> program_;
  merged_events waiting_;
  boost::asio::posix::stream_descriptor ended_; ///< a pidfd; open while a program runs
  pid_t running_ = -1;
  bool stopping_ = false;
};

} // namespace cfgd::cfgctl
