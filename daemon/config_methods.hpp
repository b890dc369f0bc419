#pragma once

#include "core/limits.hpp"
#include "daemon/access.hpp"
#include "daemon/committer.hpp"
#include "daemon/view.hpp"
#include "daemon/watches.hpp"
#include "ipc/server.hpp"
#include "watchers/source_watcher.hpp"

#include <string>
#include <string_view>

namespace cfgd {

/// io.cfgd.Config over the view, the committer and the watches. Owns nothing. Loop thread only.
class config_methods {
 public:
  config_methods(view& what, committer& writer, watches& streams, watchers::source_watcher& files,
                 access_policy const& access, limits const& bounds);

  void bind_to(ipc::server& server);

 private:
  void get(ipc::call const& asked);
  /// Get of one key that needs no escapes, from ready bytes.
  bool quick_get(std::string_view parameters, std::string& reply);
  void list(ipc::call const& asked);
  void explain(ipc::call const& asked);
  void set(ipc::call const& asked);
  void watch(ipc::call const& asked);
  void sync(ipc::call const& asked);

  view& view_;
  committer& committer_;
  watches& watches_;
  watchers::source_watcher& files_;
  access_policy const& access_;
  limits bounds_;
};

} // namespace cfgd
