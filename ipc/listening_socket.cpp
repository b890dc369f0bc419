#include "ipc/listening_socket.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>

// Under systemd the socket is passed and none of this runs. By hand, a socket file outlives the
// process that made it, so the path has to be taken over without harm:
//
//  - a lock beside it, held as long as we serve, makes "look, remove, bind" one step among our
//  kind;
//  - what lies there is removed only if it is a socket and nobody answers behind it;
//  - the mode is set before bind(2) makes the socket visible: the file's mode is that of the
//  socket's
//    inode less the umask. It can only be too narrow then, and is widened afterwards.
//
// Abstract names are refused: they have no permissions and anybody may take them first.

namespace cfgd::ipc {

namespace {

error failure_of(errc code, std::string message, std::filesystem::path const& path) {
  error failure;
  failure.code = code;
  failure.message = std::move(message);
  failure.subject = path.string();
  return failure;
}

error system_failure(char const* call, std::filesystem::path const& path) {
  return failure_of(errc::io, std::string(call) + ": " + std::strerror(errno), path);
}

result<sockaddr_un> address_of(std::filesystem::path const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto const& text = path.native();
  if (text.empty() || text.front() == '@' || text.front() == '\0')
    return failure_of(errc::io, "an abstract socket has no permissions", path);
  if (text.size() >= sizeof address.sun_path)
    return failure_of(errc::io, "the path is too long for a socket", path);
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

sockaddr const* generic(sockaddr_un const& address) {
  return reinterpret_cast<sockaddr const*>(&address); // NOLINT: bind(2) wants it so
}

/// Opens and locks `path`. Who removes a lock file may do it between our open and our lock, so the
/// name must still lead to what we locked.
result<unique_fd> lock_file(std::filesystem::path const& path) {
  for (;;) {
    unique_fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) return system_failure("open", path);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK)
        return failure_of(errc::conflict, "another process holds the lock", path);
      return system_failure("flock", path);
    }
    struct stat held {};
    struct stat named {};
    if (::fstat(lock.get(), &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
        held.st_dev == named.st_dev && held.st_ino == named.st_ino)
      return lock;
  }
}

/// Removes a socket at `path` behind which nobody listens.
result<void> remove_stale(std::filesystem::path const& path, sockaddr_un const& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return system_failure("lstat", path);
  }
  if (!S_ISSOCK(found.st_mode)) return failure_of(errc::untrusted, "there is no socket", path);
  unique_fd const probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return system_failure("socket", path);
  // EAGAIN: somebody listens and has a full queue.
  if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN)
    return failure_of(errc::conflict, "somebody listens there", path);
  if (errno != ECONNREFUSED && errno != ENOENT) return system_failure("connect", path);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_failure("unlink", path);
  return {};
}

result<unique_fd> bound_socket(std::filesystem::path const& path, sockaddr_un const& address,
                               mode_t mode) {
  unique_fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_failure("socket", path);
  if (::fchmod(socket.get(), mode) != 0) return system_failure("fchmod", path);
  if (::bind(socket.get(), generic(address), sizeof address) != 0)
    return system_failure("bind", path);
  if (::chmod(path.c_str(), mode) != 0) return system_failure("chmod", path);
  if (::listen(socket.get(), SOMAXCONN) != 0) return system_failure("listen", path);
  return socket;
}

} // namespace

result<listening_socket> listening_socket::make(std::filesystem::path const& path, unsigned mode) {
  auto const address = address_of(path);
  if (!address) return address.error();
  auto lock = lock_file(path.native() + ".lock");
  if (!lock) return lock.error();
  if (auto removed = remove_stale(path, *address); !removed) return removed.error();
  auto socket = bound_socket(path, *address, static_cast<mode_t>(mode & 0666));
  if (!socket) return socket.error();

  struct stat made {};
  if (::lstat(path.c_str(), &made) != 0) return system_failure("lstat", path);
  listening_socket whole;
  whole.socket_ = std::move(*socket);
  whole.lock_ = std::move(*lock);
  whole.path_ = path;
  whole.device_ = made.st_dev;
  whole.inode_ = made.st_ino;
  return whole;
}

void listening_socket::remove() {
  if (path_.empty()) return;
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_)
    ::unlink(path_.c_str());
  ::unlink((path_.native() + ".lock").c_str());
  lock_.reset();
  path_.clear();
}

} // namespace cfgd::ipc
