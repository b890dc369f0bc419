#pragma once

#include "core/change.hpp"
#include "core/metrics_text.hpp"
#include "daemon/committer.hpp"
#include "daemon/health/monitor.hpp"
#include "daemon/problems/problems.hpp"
#include "daemon/view.hpp"
#include "daemon/watches.hpp"
#include "ipc/server.hpp"
#include "watchers/source_watcher.hpp"

#include <functional>

namespace cfgd::metrics {

/// What the figures are taken from; all of it outlives the registry.
struct service_parts {
  view& what;
  committer& writer;
  watches& streams;
  watchers::source_watcher& files;
  ipc::server& server;
  health::monitor const& checks;
  problems const& wrong;
  duration_histogram const& loop_lag;
  wall_time started;
  std::function<bool()> ready;
};

/// Adds all figures of the service. They are read on the loop, when the registry is asked.
void add_service_metrics(registry& to, service_parts const& from);
/// Memory, log, start time, version: what a process has.
void add_process_metrics(registry& to, service_parts const& from);

} // namespace cfgd::metrics
