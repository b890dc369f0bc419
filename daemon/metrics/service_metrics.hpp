#pragma once

#include "core/change.hpp"
#include "core/metrics_text.hpp"
#include "daemon/health/monitor.hpp"
#include "daemon/problems/problems.hpp"
#include "daemon/service_parts.hpp"

#include <functional>

namespace cfgd::metrics {

/// What the figures are taken from; all of it outlives the registry.
struct sources : service_parts {
  health::monitor const& checks;
  problems const& wrong;
  duration_histogram const& loop_lag;
  wall_time started;
  std::function<bool()> ready;
};

/// Adds all figures of the service. They are read on the loop, when the registry is asked.
void add_service_metrics(registry& to, sources const& from);
/// Memory, log, start time, version: what a process has.
void add_process_metrics(registry& to, sources const& from);

} // namespace cfgd::metrics
