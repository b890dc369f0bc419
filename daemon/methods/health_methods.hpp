#pragma once

#include "daemon/access.hpp"
#include "daemon/health/monitor.hpp"
#include "ipc/server.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace cfgd {

/// Health, RunChecks and WatchHealth of io.cfgd.Service. Owns nothing but its streams. Loop thread
/// only.
class health_methods {
 public:
  health_methods(health::monitor& checks, access_policy const& access, limits const& bounds)
      : checks_(checks), access_(access), bounds_(bounds) {}

  void bind_to(ipc::server& server);

  /// Tells the streams that the status of a check has changed.
  void on_change(health::monitor::transition const& what);

  std::size_t streams() const { return streams_.size(); }

 private:
  struct stream {
    ipc::responder answer;
    /// Checks whose status has changed and could not be told yet.
    std::set<std::string> needs_resync;
  };
  using number = std::uint64_t;

  void health(ipc::call const& asked);
  void run_checks(ipc::call const& asked);
  void watch_health(ipc::call const& asked);
  void pump(number which);

  health::monitor& checks_;
  access_policy const& access_;
  limits bounds_;
  std::map<number, stream> streams_;
  number last_ = 0;
};

} // namespace cfgd
