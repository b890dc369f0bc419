#pragma once

#include "daemon/health/built_in.hpp"
#include "daemon/health/check_inputs.hpp"
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

/// All checks of the service: the built-in ones and those defined in files. Logs every change of a
/// status. Loop thread only.
class status_table {
 public:
  struct options {
    settings how;
    limits bounds;
    std::filesystem::path state;                    ///< the store's directory
    std::vector<std::filesystem::path> directories; ///< of sources
    /// Directories of check files; a later one overrides an earlier one.
    std::vector<std::filesystem::path> checks;
    watchers::trust trusted = {};
  };

  /// `changed` is called for every change of a status, after it was logged. The parts must outlive
  /// this.
  status_table(boost::asio::any_io_executor const& loop, service_parts const& with, options how,
               monitor::listener changed);

  /// Starts the checks, and reads the check files. Call it when all sources have been read.
  void start();
  /// Runs the checks until cancelled.
  boost::asio::awaitable<void> run() { return checks_.run(); }

  /// Runs the checks again whose input has changed since the last call. Call it after every
  /// publication and about once a second; monitor::when_current() calls it, too.
  void look_at_inputs();

  /// Reads the check files again; calls `done` when they are effective.
  void read_own_checks(std::function<void()> const& done);

  monitor& checks() { return checks_; }
  monitor const& checks() const { return checks_; }

  /// Calls `alive` now, or as soon as neither the loop nor the committer is critical: for the
  /// watchdog.
  void when_alive(std::function<void()> alive);

 private:
  void on_change(monitor::transition const& what);
  void take_own_checks(own_checks::is_effective newest);
  check make_check(own_check const& of);
  bool is_alive() const;

  workers threads_;
  options how_;
  subjects of_;
  monitor::listener changed_;
  monitor checks_;
  check_inputs inputs_;
  own_checks own_;
  /// Checks of files, and faults of these files, that run as checks, by name.
  std::map<std::string, own_check, std::less<>> running_;
  std::map<std::string, error, std::less<>> faulty_;
  std::vector<std::function<void()>> waiting_; ///< of when_alive()
};

/// ", critical: 'disk'" and the like, for a status line; empty if all checks are healthy.
std::string describe_health(monitor const& checks);

} // namespace cfgd::health
