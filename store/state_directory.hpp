#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <filesystem>
#include <functional>
#include <utility>

namespace cfgd::store {

/// The directory that a store lies in, locked against other daemons for as long as this lives:
///
///   lock          flock(2)ed; the holder's pid
///   data/         the LMDB environment: data.mdb and lock.mdb
///   data.new.*    a store whose creation was cut short
class state_directory {
 public:
  /// Makes the directory if it is absent (not its parents), checks and locks it.
  /// Errors: conflict (locked; the message has the holder's pid), io, untrusted.
  [[nodiscard]] static result<state_directory> open(std::filesystem::path path);

  std::filesystem::path data() const { return path_ / "data"; }
  std::filesystem::path data_file() const { return data() / "data.mdb"; }

  /// Sees to it that there is a whole store: lets `make` fill an empty directory and moves it into
  /// place, durably, if there is none, and clears away what earlier attempts left.
  /// Errors: io, untrusted, invalid (what is there is cut off).
  [[nodiscard]] result<void>
  provide(std::function<void(std::filesystem::path const& empty)> const& make) const;

 private:
  state_directory(std::filesystem::path path, unique_fd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  void clear_leftovers() const;
  [[nodiscard]] result<void> check_store() const;

  std::filesystem::path path_;
  unique_fd lock_;
};

} // namespace cfgd::store
