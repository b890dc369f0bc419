#pragma once

#include "core/error.hpp"

#include <sys/types.h>

#include <filesystem>

namespace cfgd::store {

/// Lets root act as the owner of a directory for as long as it lives, so that what is made in there
/// belongs to that owner; does nothing for others, and where root is the owner.
class acting_as_owner {
 public:
  /// Of a directory that is not there nobody is the owner. Errors: io.
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
