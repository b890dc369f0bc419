#pragma once

#include "daemon/access.hpp"
#include "daemon/problems/problems_keeper.hpp"
#include "ipc/server.hpp"

#include <functional>
#include <string>

namespace cfgd {

/// Problems, ClearProblems and Metrics of io.cfgd.Service. Owns nothing. Loop thread only.
class report_methods {
 public:
  report_methods(problems_keeper& wrong, std::function<std::string()> figures,
                 access_policy const& access);

  void bind_to(ipc::server& server);

 private:
  void list(ipc::call const& asked) const;
  void clear(ipc::call const& asked);
  void metrics(ipc::call const& asked) const;

  problems_keeper& wrong_;
  std::function<std::string()> figures_;
  access_policy const& access_;
};

} // namespace cfgd
