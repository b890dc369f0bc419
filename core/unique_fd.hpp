#pragma once

#include <unistd.h>

#include <utility>

namespace cfgd {

/// The owner of a file descriptor: closes it when it is destroyed. -1 means that it owns none.
/// Functions that take or return a plain int borrow; those that take or return a unique_fd move the
/// ownership.
class unique_fd {
 public:
  unique_fd() = default;
  /// Takes over `fd`, also the -1 of a call that failed. Leaves errno as it is, so that
  /// `unique_fd file(::open(...)); if (!file) ... errno` is correct.
  explicit unique_fd(int fd) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~unique_fd() { reset(); }

  explicit operator bool() const noexcept { return fd_ >= 0; }

  /// The descriptor, which stays owned; -1 if there is none.
  int get() const noexcept { return fd_; }

  /// Gives the descriptor up to the caller, who has to close it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  /// Closes the descriptor and takes over another one. Errors of close(2) are ignored: on Linux the
  /// descriptor is gone after any of them, EINTR included.
  void reset(int fd = -1) noexcept {
    if (int const old = std::exchange(fd_, fd); old >= 0) ::close(old);
  }

 private:
  int fd_ = -1;
};

} // namespace cfgd
