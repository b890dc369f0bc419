#pragma once

#include "daemon/health/settings.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace cfgd::health {

/// Finds the checks whose input has changed since they were last looked for, so that they run at
/// once and not only at their next interval. Does no I/O.
class check_inputs {
 public:
  struct values {
    /// Changes whenever a source is quarantined, unusable or effective again, a namespace falls
    /// back to its defaults, or files cannot be recorded: view::sources_version().
    std::uint64_t sources_version = 0;
    std::uint64_t queue_overflows = 0;    ///< of inotify
    std::uint64_t polled_directories = 0; ///< instead of watched
    std::uint64_t refused_connections = 0;
    std::uint64_t slow_connections_closed = 0;
    std::uint64_t failed_commits = 0;
    std::uint64_t consumers_version = 0; ///< as they fail, are late, or no longer are
  };

  /// The checks that depend on a value that differs from the one of the last call. The first call
  /// returns none: checks run once when they are added.
  std::vector<built_in> take(values const& newest);

 private:
  std::optional<values> last_;
};

} // namespace cfgd::health
