#pragma once

#include "core/metrics_text.hpp"
#include "daemon/access.hpp"
#include "daemon/problems/problems_keeper.hpp"
#include "ipc/server.hpp"

namespace cfgd {

/// Problems, ClearProblems, Metrics and Figures of io.cfgd.Service. Owns nothing. Loop thread only.
class report_methods {
 public:
  report_methods(problems_keeper& wrong, metrics::registry const& figures,
                 access_policy const& access);

  void bind_to(ipc::server& server);

 private:
  void list(ipc::call const& asked) const;
  void clear(ipc::call const& asked);
  void metrics(ipc::call const& asked) const;
  void figures(ipc::call const& asked) const;

  problems_keeper& wrong_;
  metrics::registry const& figures_;
  access_policy const& access_;
};

} // namespace cfgd
