#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

/// What systemd tells a service and is told by it (sd_listen_fds(3), sd_notify(3),
/// sd_watchdog_enabled(3)). Without systemd all of this does nothing.
namespace cfgd::systemd {

/// The sockets that were passed to this process: those named "varlink", or all if none is. The
/// others are closed with a warning. They are the caller's. Call once: the environment that tells
/// of them is cleared.
std::vector<int> take_sockets();

/// The unit that a process belongs to; empty if it cannot be seen. Reads from /proc.
std::string unit_of(pid_t process);

/// Whether somebody who is asked at every beat still answers. No I/O.
class pulse {
 public:
  /// At every beat: whether an answer has come since the last but one.
  bool beat() { return silent_beats_++ < 2; }
  void answered() { silent_beats_ = 0; }

 private:
  unsigned silent_beats_ = 0;
};

/// Tells the service manager how the service is. Loop thread only.
class supervisor {
 public:
  struct parts {
    /// How the service is, in one line.
    std::function<std::string()> status;
    /// Asks the committer for a sign of life; calls its argument on the loop.
    std::function<void(std::function<void()> answered)> ping;
  };
  /// Times that tests change.
  struct pace {
    std::chrono::milliseconds status{1'000};     ///< between two lines of status
    std::chrono::milliseconds extension{10'000}; ///< between two prolongations of the start
    std::chrono::minutes longest_start{10};
  };

  supervisor(boost::asio::any_io_executor const& loop, parts with, pace how);

  /// Prolongs a long start, feeds the watchdog as long as the committer answers, and tells the
  /// status when it has changed. Ends when cancelled, or at once if nobody listens.
  boost::asio::awaitable<void> run();

  void ready();
  /// Several reloads may overlap: the first begins it and the last ends it.
  void begin_reload();
  void end_reload();
  /// Nothing but this is told from here on.
  void stopping();
  void status_changed();

 private:
  using clock = std::chrono::steady_clock;

  /// Does what is due and returns when something will be.
  clock::time_point act(clock::time_point now);
  void beat();
  void tell(std::string const& text) const;
  std::string status_text() const;

  parts parts_;
  pace pace_;
  bool listened_to_;
  bool ready_ = false;
  bool stopping_ = false;
  bool status_is_new_ = false;
  bool asked_ = false;        ///< the committer has not answered yet
  bool told_silence_ = false; ///< that it does not was logged
  unsigned reloads_ = 0;
  pulse committer_;
  clock::duration beat_every_{}; ///< zero: no watchdog
  clock::time_point next_beat_;
  clock::time_point next_status_;
  clock::time_point next_extension_;
  clock::time_point last_extension_;
  boost::asio::steady_timer timer_;
};

} // namespace cfgd::systemd
