#pragma once

#include "core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace cfgd::watchers {

/// One event of inotify(7). The name is valid during the call that hands it over.
struct kernel_event {
  int watch = -1; ///< -1: the queue was full (IN_Q_OVERFLOW)
  std::uint32_t mask = 0;
  std::string_view name; ///< empty: the watched directory itself
};

/// Splits what read(2) gave into events. Returns the bytes used: a truncated event at the end is
/// not handed over.
std::size_t parse_events(std::span<char const> bytes,
                         std::function<void(kernel_event const&)> const& each);

/// "IN_CREATE|IN_ISDIR", for logs.
std::string mask_text(std::uint32_t mask);

/// An inotify instance: its descriptor and the calls on it. watch() and unwatch() may be called by
/// any thread, as the kernel serialises them; read() by one.
class inotify {
 public:
  /// Everything that can happen to the files of a directory but being opened and read: a look must
  /// not cause events.
  static std::uint32_t const files_mask;
  /// The same for a directory of which only some names matter: no writes.
  static std::uint32_t const names_mask;

  /// Throws std::system_error: EMFILE (fs.inotify.max_user_instances), ENOMEM.
  inotify();

  int descriptor() const { return fd_.get(); }

  /// Watches the directory that `directory` (an O_PATH descriptor) has open; `path` is used only
  /// where /proc is missing. The same directory gives the same number again, and adds to its mask.
  /// Returns -errno on failure: ENOSPC (fs.inotify.max_user_watches), EACCES (no permission to read
  /// it).
  int watch(int directory, std::string const& path, std::uint32_t mask) const;
  void unwatch(int watch) const;

  /// Hands over what there is, without waiting; returns how many. Throws std::system_error.
  std::size_t read(std::function<void(kernel_event const&)> const& each) const;

 private:
  unique_fd fd_;
};

} // namespace cfgd::watchers
