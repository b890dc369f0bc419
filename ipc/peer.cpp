#include "ipc/peer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

// Both options tell what the kernel wrote down at connect(2), so a peer that changes its uid
// afterwards, passes the socket on, or dies and leaves its pid to another, stays who it was.
// Groups are those of the process then, without the primary one, which SO_PEERCRED has.

namespace cfgd::ipc {

namespace {

error option_error(char const* option) {
  error failure;
  failure.code = errc::io;
  failure.message = std::string("getsockopt ") + option + ": " + std::strerror(errno);
  return failure;
}

} // namespace

result<peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return option_error("SO_PEERCRED");

  peer who;
  who.uid = credentials.uid;
  who.gid = credentials.gid;
  who.pid = credentials.pid;

  // With too small a buffer the kernel says ERANGE and how much it wants (socket(7)).
  who.groups.resize(16);
  for (;;) {
    size = static_cast<socklen_t>(who.groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, who.groups.data(), &size) == 0) break;
    if (errno == ENODATA) { // a socketpair of a process without supplementary groups
      size = 0;
      break;
    }
    if (errno != ERANGE) return option_error("SO_PEERGROUPS");
    who.groups.resize(size / sizeof(gid_t));
  }
  who.groups.resize(size / sizeof(gid_t));
  if (std::find(who.groups.begin(), who.groups.end(), who.gid) == who.groups.end())
    who.groups.push_back(who.gid);
  who.groups.shrink_to_fit();
  return who;
}

} // namespace cfgd::ipc
