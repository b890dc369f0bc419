/// Connecting to a Unix socket without blocking.
///
/// Asio's async_connect takes EAGAIN for "in progress", waits for the socket to become writable,
/// which an unconnected Unix socket is, and reports success. So both clients come here.

#include "client/detail/socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace cfgd::client::detail {

int open_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

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

} // namespace cfgd::client::detail
