#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <sys/types.h>

#include <filesystem>

namespace cfgd::ipc {

/// A listening Unix stream socket, made here or passed by a service manager.
class listening_socket {
 public:
  /// Makes a socket at `path` with `mode` and listens. Takes a lock on `path`.lock first, so that
  /// of two that start at the same time one is refused and none loses its socket to the other.
  /// Errors: io, untrusted (what lies there is no socket), conflict (somebody listens there).
  [[nodiscard]] static result<listening_socket> make(std::filesystem::path const& path,
                                                     unsigned mode);
  /// Takes one that somebody else made; it is not removed.
  explicit listening_socket(unique_fd passed) : socket_(std::move(passed)) {}

  listening_socket(listening_socket&&) noexcept = default;
  listening_socket& operator=(listening_socket&&) noexcept = default;
  /// Does not remove the socket.
  ~listening_socket() = default;

  /// The socket, which is the caller's from now on.
  unique_fd take() { return std::move(socket_); }
  /// Removes the path, if make() made it and it is still the same socket, and the lock.
  void remove();

 private:
  listening_socket() = default;

  unique_fd socket_;
  unique_fd lock_;
  std::filesystem::path path_; ///< empty if passed
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

} // namespace cfgd::ipc
