#pragma once

#include "core/limits.hpp"
#include "core/metrics_text.hpp"
#include "daemon/access.hpp"
#include "daemon/access_names.hpp"
#include "daemon/health/monitor.hpp"
#include "daemon/methods/edit_methods.hpp"
#include "daemon/methods/health_streams.hpp"
#include "daemon/problems/problems_keeper.hpp"
#include "daemon/service_parts.hpp"

#include <filesystem>
#include <functional>

namespace cfgd {

/// What handlers of methods work with. Owns none of the parts; all of them, and this, must outlive
/// the server's last call, for answers come later. Loop thread only.
struct method_context : service_parts {
  access_policy const& access;
  access_names& names;
  edit_methods& edits;
  health::monitor& checks;
  health_streams& health;
  problems_keeper& problems;
  metrics::registry const& figures;
  /// Reads everything again and calls its argument when the result is effective.
  std::function<void(std::function<void(result<revision_number> const&)>)> reload;
  /// Whether every source was read once.
  std::function<bool()> is_ready;
  /// Has the service's clock look at deadlines that have changed.
  std::function<void()> wake;
  limits bounds;
  wall_time started;
  std::filesystem::path state; ///< the directory of the store
};

} // namespace cfgd
