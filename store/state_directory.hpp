#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <filesystem>
#include <functional>
#include <utility>

namespace cfgd::store {

/// The directory of a store, locked against other daemons while this object lives:
///
///   lock          locked with flock(2); has the pid of the owner of the lock
///   data/         the LMDB environment: data.mdb and lock.mdb
///   data.new.*    a store whose creation was interrupted
class state_directory {
 public:
  /// Creates the directory if it is absent (not its parents), checks and locks it.
  /// Waits up to a second for the lock. Errors: conflict (locked; the message has the pid of the
  /// owner), io, untrusted.
  [[nodiscard]] static result<state_directory> open(std::filesystem::path path);

  std::filesystem::path const& path() const& { return path_; }
  /// Whether the name of the lock file still leads to the file that is locked.
  bool has_lock() const;
  std::filesystem::path data() const { return path_ / "data"; }
  std::filesystem::path const& data_file() const& { return data_file_; }

  /// Makes sure that a whole store exists: if there is none, `make` fills an empty directory, which
  /// is then moved into place, durably. Removes what interrupted attempts left. `make` may throw;
  /// the attempt is removed at the next call then. Errors: io, untrusted, invalid (the store is
  /// truncated).
  [[nodiscard]] result<void>
  provide(std::function<void(std::filesystem::path const& empty)> const& make) const;

 private:
  state_directory(std::filesystem::path path, unique_fd lock)
      : path_(std::move(path)), data_file_(data() / "data.mdb"), lock_file_(path_ / "lock"),
        lock_(std::move(lock)) {}
  void clear_leftovers() const;
  [[nodiscard]] result<void> check_store() const;

  std::filesystem::path path_;
  std::filesystem::path data_file_; ///< each commit looks at them
  std::filesystem::path lock_file_;
  unique_fd lock_;
};

/// Whether a process has the lock of a state directory, as a running daemon does. Creates nothing
/// and does not wait. False if there is no lock file or this process may not read it.
bool is_locked(std::filesystem::path const& state);

} // namespace cfgd::store
