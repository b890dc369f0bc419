#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// Communication with the service manager (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)).
/// Without systemd all of this does nothing.
namespace cfgd::systemd {

/// The sockets that were passed to this process, by their names in the unit of the socket: those
/// with one of the names in `known`. If none is named "varlink", those with another name, or none,
/// count as such; else they are closed with a warning. The caller owns the result. Call once: it
/// clears the environment variables that describe the sockets.
using passed_sockets = std::map<std::string, std::vector<int>, std::less<>>;
passed_sockets take_sockets(std::set<std::string_view> const& known);

/// The name of sockets for calls; others have the purpose that their name says.
inline constexpr std::string_view varlink_socket = "varlink";
inline constexpr std::string_view admin_socket = "varlink-admin";
inline constexpr std::string_view credentials_socket = "credentials";

/// The unit that a process belongs to; empty if it is not known. Reads from /proc.
std::string unit_of(pid_t process);

/// The units of clients: looked up once for each connection, of a bounded number of them. One
/// thread.
class client_units {
 public:
  explicit client_units(std::function<std::string(pid_t)> find = unit_of)
      : find_(std::move(find)) {}

  /// `connection` is a number that is never used again; 0: nothing is kept.
  std::string of(std::uint64_t connection, pid_t process);

 private:
  std::function<std::string(pid_t)> find_;
  std::unordered_map<std::uint64_t, std::string> known_;
};

/// Decides whether a thread that is asked at every beat still answers. No I/O.
class pulse {
 public:
  /// Call at every beat. False: no answer came since the beat before the last one.
  bool beat() { return silent_beats_++ < 2; }
  void answered() { silent_beats_ = 0; }

 private:
  unsigned silent_beats_ = 0;
};

/// Reports the state of the service to the service manager. Loop thread only.
class supervisor {
 public:
  struct parts {
    /// The state of the service in one line.
    std::function<std::string()> status;
    /// Pings the committer; calls its argument on the loop when the committer has answered.
    std::function<void(std::function<void()> answered)> ping;
  };
  /// Times that tests change.
  struct pace {
    std::chrono::milliseconds status{1'000};     ///< between two status lines
    std::chrono::milliseconds extension{10'000}; ///< between two extensions of the start timeout
    std::chrono::minutes longest_start{10};
  };

  /// Reads NOTIFY_SOCKET and WATCHDOG_USEC from the environment.
  supervisor(boost::asio::any_io_executor const& loop, parts with, pace how);

  /// Extends the timeout of a long start, notifies the watchdog as long as the committer answers,
  /// and reports the status when it has changed. Ends when cancelled, or at once if there is no
  /// service manager.
  boost::asio::awaitable<void> run();

  /// Notifies that the service is ready, with its status.
  void ready();
  /// Several reloads may overlap: the first begins it and the last ends it.
  void begin_reload();
  void end_reload();
  /// The last notification: later ones are not sent.
  void stopping();
  /// The status line may have changed: run() sends it, at most once in pace::status.
  void status_changed();

 private:
  using clock = std::chrono::steady_clock;

  /// Does what is due; returns the time of the next action.
  clock::time_point act(clock::time_point now);
  void beat();
  void notify(std::string const& text) const;
  std::string status_text() const;

  parts parts_;
  pace pace_;
  bool listened_to_;
  bool ready_ = false;
  bool stopping_ = false;
  bool status_is_new_ = false;
  bool asked_ = false; ///< the committer has not answered yet
  bool silence_logged_ = false;
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
