#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <stop_token>

namespace cfgd {

/// On whose behalf a thread works: work that waits is served in turn by user.
struct asker {
  uid_t uid = 0;
  /// Root and the daemon's user.
  bool is_privileged = false;
  /// Stopped when nobody waits for the answer any more: the work is dropped.
  std::stop_token gone = {};
  /// The number of the connection; 0: none.
  std::uint64_t connection = 0;
};

/// Root, and the user that the daemon runs as.
inline bool is_privileged(uid_t uid) { return uid == 0 || uid == ::geteuid(); }

} // namespace cfgd
