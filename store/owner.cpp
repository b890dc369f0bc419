#include "store/owner.hpp"

#include "core/durable_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

// The store belongs to the user that the daemon runs as. Files that root creates in it could not be
// written by the daemon, and the owner of the directory could replace names while root works in it.
// Neither is a problem for a process that acts as the owner.

namespace cfgd::store {
result<acting_as_owner> acting_as_owner::of(std::filesystem::path const& directory) {
  acting_as_owner made;
  struct stat status {};
  if (::geteuid() != 0) return made;
  if (::stat(directory.c_str(), &status) != 0) {
    if (errno == ENOENT) return made;
    return system_error("stat", errno, directory);
  }
  if (status.st_uid == 0) return made;
  made.group_before_ = ::getegid();
  if (::setegid(status.st_gid) != 0) return system_error("setegid", errno, directory);
  if (::seteuid(status.st_uid) != 0) {
    auto const why = system_error("seteuid", errno, directory);
    if (::setegid(made.group_before_) != 0) std::abort();
    return why;
  }
  made.acts_ = true;
  return made;
}

acting_as_owner::acting_as_owner(acting_as_owner&& other) noexcept
    : acts_(std::exchange(other.acts_, false)), group_before_(other.group_before_) {}

acting_as_owner::~acting_as_owner() {
  // Continuing as another user than the caller expects would be worse than to abort.
  if (acts_ && (::seteuid(0) != 0 || ::setegid(group_before_) != 0)) std::abort();
}

} // namespace cfgd::store
