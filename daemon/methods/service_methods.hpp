#pragma once

#include "daemon/access.hpp"
#include "daemon/committer.hpp"
#include "daemon/methods/edit_methods.hpp"
#include "daemon/health/monitor.hpp"
#include "daemon/view.hpp"
#include "daemon/watches.hpp"
#include "ipc/server.hpp"
#include "watchers/source_watcher.hpp"

#include <functional>

namespace cfgd {

/// io.cfgd.Service. Owns nothing. Loop thread only.
class service_methods {
 public:
  struct parts {
    view& what;
    committer& writer;
    watches& streams;
    watchers::source_watcher& files;
    ipc::server& server;
    access_policy const& access;
    edit_methods const& edits;
    health::monitor const& checks;
  };
  /// `reload` reads everything again and calls its argument when that is in force.
  using reloader = std::function<void(std::function<void(result<revision_number> const&)>)>;

  service_methods(parts with, reloader reload);

  void bind_to(ipc::server& server);
  /// Every source was read once.
  void set_ready() { ready_ = true; }
  bool is_ready() const { return ready_; }

 private:
  void status(ipc::call const& asked);
  void sources(ipc::call const& asked);
  void reload(ipc::call const& asked);
  void cache_stats(ipc::call const& asked);
  void invalidate(ipc::call const& asked);
  void warm(ipc::call const& asked);
  /// Answers PermissionDenied if the peer may not administer.
  bool allowed(ipc::call const& asked) const;

  parts parts_;
  reloader reload_;
  wall_time started_;
  bool ready_ = false;
};

} // namespace cfgd
