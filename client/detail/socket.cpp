/// Connecting to a Unix socket without blocking.
///
/// A Unix socket never is "in progress": connect(2) connects, is refused, or gives EAGAIN because
/// the listener's backlog is full (unix(7)). Asio's async_connect takes EAGAIN for "in progress",
/// waits for the socket to become writable, which an unconnected Unix socket is, and reports
/// success. So both drivers come here.

#include "client/detail/socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace cfgd::client::detail {
namespace {

/// 0, or the errno.
int try_connect(int descriptor, std::string const& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return ENAMETOOLONG;
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  for (;;) {
    if (::connect(descriptor, reinterpret_cast<sockaddr const*>(&name), sizeof name) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

} // namespace

int open_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

action advance(exchange& what, int descriptor) {
  for (;;) {
    action const next = what.next();
    if (next == action::connect) {
      what.on_connect(try_connect(descriptor, what.path()));
    } else if (next == action::send) {
      auto const bytes = what.unsent();
      ssize_t const count = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      what.on_sent(count, errno);
    } else if (next == action::receive) {
      auto const room = what.room();
      ssize_t const count = ::recv(descriptor, room.data(), room.size(), 0);
      what.on_received(count, errno);
    } else {
      return next;
    }
  }
}

} // namespace cfgd::client::detail
