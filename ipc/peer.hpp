#pragma once

#include "core/error.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace cfgd::ipc {

/// Who is at the other end, as the kernel knew it when the connection was made (unix(7),
/// SO_PEERCRED and SO_PEERGROUPS). Rights follow from uid and groups; the pid is for logs only.
struct peer {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  pid_t pid = 0;
  /// Supplementary groups and the primary one.
  std::vector<gid_t> groups;
  /// Its systemd unit, empty if it has none. Absent: nobody has looked it up, because most
  /// decisions need no unit; whoever does keeps it here.
  mutable std::optional<std::string> unit = {};
};

/// Reads the credentials of a connected Unix socket. Errors: io.
[[nodiscard]] result<peer> peer_of(int socket);

} // namespace cfgd::ipc
