#pragma once

#include "core/error.hpp"

#include <sys/types.h>

#include <filesystem>

namespace cfgd::store {

/// While it lives, root acts as the owner of a directory, so that new files in it belong to that
/// owner. Does nothing for other users, or if root is the owner. Changes the effective user of the
/// whole process: for programs with one thread, one object at a time. Aborts the process if it
/// cannot change back.
class acting_as_owner {
 public:
  /// Does nothing if the directory does not exist. Errors: io.
  [[nodiscard]] static result<acting_as_owner> of(std::filesystem::path const& directory);
  acting_as_owner(acting_as_owner&& other) noexcept;
  acting_as_owner& operator=(acting_as_owner&&) = delete;
  ~acting_as_owner();

 private:
  acting_as_owner() = default;
  bool acts_ = false;
  gid_t group_before_ = 0;
};

} // namespace cfgd::store
