#pragma once

#include "daemon/health/built_in.hpp"
#include "daemon/health/monitor.hpp"
#include "daemon/health/own_checks.hpp"
#include "daemon/health/workers.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cfgd::health {

/// All checks of the service: those it brings along and those of files. Tells the log what changes.
/// Loop thread only.
class status_table {
 public:
  struct parts {
    view& what;
    committer& writer;
    watchers::source_watcher& files;
    ipc::server& server;
  };
  struct options {
    settings how;
    limits bounds;
    std::filesystem::path state;                    ///< the store's directory
    std::vector<std::filesystem::path> directories; ///< of sources
    /// Of own checks, the one that counts most last.
    std::vector<std::filesystem::path> checks;
    uid_t trusted_uid = 0;
  };

  /// `changed` is called for every change of a status, after it was logged.
  status_table(boost::asio::any_io_executor const& loop, parts with, options how,
        monitor::listener changed);

  /// Everything is read and served: checks begin. Reads the own checks.
  void start();
  /// Runs them until cancelled.
  boost::asio::awaitable<void> run() { return checks_.run(); }

  /// Reads the files of own checks again; calls `done` when they are in force.
  void read_own_checks(std::function<void()> const& done);

  monitor& checks() { return checks_; }
  monitor const& checks() const { return checks_; }

  /// Calls `alive` now, or once neither the loop nor the committer is critical any more: for the
  /// watchdog.
  void when_alive(std::function<void()> alive);

 private:
  void on_change(monitor::transition const& what);
  void take_own_checks(own_checks::is_effective newest);
  check make_check(own_check const& of);
  bool is_alive() const;

  boost::asio::any_io_executor loop_;
  workers threads_;
  options how_;
  subjects of_;
  monitor::listener changed_;
  monitor checks_;
  own_checks own_;
  /// Own checks and faults that run, by name.
  std::map<std::string, own_check, std::less<>> running_;
  std::map<std::string, error, std::less<>> faulty_;
  std::vector<std::function<void()>> waiting_; ///< of when_alive()
};

/// ", critical: 'disk'" and the like, for a line of status; empty if all is well.
std::string describe_health(monitor const& checks);

} // namespace cfgd::health
