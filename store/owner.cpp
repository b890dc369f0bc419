#include "store/owner.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

// The daemon runs as a user of its own, and the store is its. Root who makes files in there leaves
// some that the daemon cannot write, and a directory of somebody else is a place where names can be
// changed under root's hands. Both are no matter for the owner himself.

namespace cfgd::store {
namespace {

error io_error(std::string const& call, std::filesystem::path const& path) {
  return {.code = errc::io,
          .message = call + ": " + std::generic_category().message(errno),
          .subject = path.string()};
}

} // namespace

result<acting_as_owner> acting_as_owner::of(std::filesystem::path const& directory) {
  acting_as_owner made;
  struct stat status {};
  if (::geteuid() != 0) return made;
  if (::stat(directory.c_str(), &status) != 0) {
    if (errno == ENOENT) return made;
    return io_error("stat", directory);
  }
  if (status.st_uid == 0) return made;
  made.group_before_ = ::getegid();
  if (::setegid(status.st_gid) != 0) return io_error("setegid", directory);
  if (::seteuid(status.st_uid) != 0) {
    auto const why = io_error("seteuid", directory);
    if (::setegid(made.group_before_) != 0) std::abort();
    return why;
  }
  made.acts_ = true;
  return made;
}

acting_as_owner::acting_as_owner(acting_as_owner&& other) noexcept
    : acts_(std::exchange(other.acts_, false)), group_before_(other.group_before_) {}

acting_as_owner::~acting_as_owner() {
  // To go on as somebody else than everything behind expects is worse than to end.
  if (acts_ && (::seteuid(0) != 0 || ::setegid(group_before_) != 0)) std::abort();
}

result<void> sync_directory(std::filesystem::path const& directory) {
  int const opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return io_error("open", directory);
  bool const durable = ::fsync(opened) == 0;
  auto const why = io_error("fsync", directory);
  ::close(opened);
  if (!durable) return why;
  return {};
}

} // namespace cfgd::store
