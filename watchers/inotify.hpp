#pragma once

#include "core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace cfgd::watchers {

/// One event of inotify(7). The name is valid during the call of the handler.
struct kernel_event {
  int watch = -1; ///< -1: the queue was full (IN_Q_OVERFLOW)
  std::uint32_t mask = 0;
  std::string_view name; ///< empty: the watched directory itself
};

/// Splits bytes from read(2) into events and calls `each` with every one. Returns the number of
/// bytes used: a truncated event at the end is skipped.
std::size_t parse_events(std::span<char const> bytes,
                         std::function<void(kernel_event const&)> const& each);

/// "IN_CREATE|IN_ISDIR", for logs.
std::string mask_text(std::uint32_t mask);

/// Owns an inotify instance. watch() and unwatch() may be called from any thread, because the
/// kernel serialises them; read() from one thread only.
class inotify {
 public:
  /// All events on the files of a directory except opening and reading: a look must not cause
  /// events.
  static std::uint32_t const files_mask;
  /// The same without writes, for a directory of which only some names are relevant.
  static std::uint32_t const names_mask;
  /// The same, and takes the writes out of the mask of a directory that is watched already.
  static std::uint32_t const no_writes_mask;

  /// Throws std::system_error: EMFILE (fs.inotify.max_user_instances), ENOMEM.
  inotify();

  /// Readable when events are queued; owned by this object.
  int descriptor() const { return fd_.get(); }

  /// Watches the directory of the O_PATH descriptor `directory`; `path` is used only where /proc is
  /// not mounted. Watching a directory again returns the same number and adds to its mask.
  /// Returns -errno on failure: ENOSPC (fs.inotify.max_user_watches), EACCES (no permission to read
  /// the directory).
  int watch(int directory, std::string const& path, std::uint32_t mask) const;
  /// Removes a watch; a number that the kernel does not know is ignored.
  void unwatch(int watch) const;

  /// Calls `each` with every queued event, without waiting; returns their number. May stop before
  /// the queue is empty. Throws std::system_error.
  std::size_t read(std::function<void(kernel_event const&)> const& each) const;

 private:
  unique_fd fd_;
};

} // namespace cfgd::watchers
