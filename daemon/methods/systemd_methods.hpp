#pragma once

#include "daemon/access.hpp"
#include "daemon/methods/service_methods.hpp"
#include "ipc/server.hpp"

namespace cfgd {

/// io.systemd.service, which services of systemd have in common. Owns nothing. Loop thread only.
class systemd_methods {
 public:
  systemd_methods(access_policy const& access, service_methods::reloader reload);

  void bind_to(ipc::server& server);

 private:
  void reload(ipc::call const& asked);
  void set_log_level(ipc::call const& asked);
  bool allowed(ipc::call const& asked) const;

  access_policy const& access_;
  service_methods::reloader reload_;
};

} // namespace cfgd
