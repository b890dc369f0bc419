/// An address is a path, or a Varlink address of the unix kind; options behind ';' are for other
/// implementations and ignored. Abstract names ("unix:@name") are rejected: they have no
/// permissions, so that any user could pose as the service.

#include "client/address.hpp"

#include "client/detail/failures.hpp"

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

namespace cfgd::client {

result<std::string> socket_path(std::string_view given) {
  if (given.empty()) {
    // Read once at the start of an operation; nobody here changes the environment.
    char const* const set = std::getenv("CFGD_SOCKET"); // NOLINT(concurrency-mt-unsafe)
    given = set != nullptr && *set != '\0' ? std::string_view(set) : default_socket;
  }

  std::string_view path = given;
  if (path.starts_with("unix:")) {
    path.remove_prefix(5);
    path = path.substr(0, path.find(';'));
    if (path.starts_with('@')) {
      return detail::unreachable(given, "abstract sockets are not supported");
    }
  } else if (path.starts_with("tcp:") || path.starts_with("exec:") || path.starts_with("ssh")) {
    return detail::unreachable(given, "only Unix sockets are supported");
  }
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    return detail::unreachable(given, "not a valid path");
  }
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return detail::unreachable(given, "the path is longer than the maximum of 107 bytes");
  }
  return std::string(path);
}

std::string administrators_socket(std::string_view socket) {
  if (socket != default_socket) return {};
  auto path = std::string(socket).append(suffix_of_administrators);
  // Asked with the effective ids, as connect(2) is: it needs write permission (unix(7)).
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0 ? path : std::string();
}

} // namespace cfgd::client
