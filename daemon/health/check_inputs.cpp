#include "daemon/health/check_inputs.hpp"

#include <utility>

namespace cfgd::health {

std::vector<built_in> check_inputs::take(values const& newest) {
  auto const before = std::exchange(last_, newest);
  if (!before) return {};
  std::vector<built_in> changed;
  if (before->sources_version != newest.sources_version) changed.push_back(built_in::files);
  if (before->queue_overflows != newest.queue_overflows ||
      before->polled_directories != newest.polled_directories)
    changed.push_back(built_in::watch);
  if (before->failed_commits != newest.failed_commits) {
    changed.push_back(built_in::store);
    changed.push_back(built_in::disk);
  }
  if (before->refused_connections != newest.refused_connections ||
      before->slow_connections_closed != newest.slow_connections_closed)
    changed.push_back(built_in::peers);
  if (before->consumers_version != newest.consumers_version) changed.push_back(built_in::consumers);
  return changed;
}

} // namespace cfgd::health
