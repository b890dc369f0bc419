#include "apply/placed_file.hpp"

#include "core/durable_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

// The kept file is a hard link: putting it back needs no space, so it works on a full disk, and
// gives back the very file with all its attributes.

namespace cfgd::apply {
namespace {

/// Removes a name that need not exist. 0 or the errno.
int remove_name(int directory, std::string const& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return 0;
  return errno;
}

int write_file(int directory, std::string const& name, std::string_view bytes,
               file_attributes const& how) {
  unique_fd const file(::openat(directory, name.c_str(),
                                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return errno;
  if (::geteuid() == 0 || how.owner != ::geteuid() || how.group != ::getegid())
    if (::fchown(file.get(), how.owner, how.group) != 0) return errno;
  // After the owner: chown(2) takes bits away, and until then nobody else may read it.
  if (::fchmod(file.get(), how.mode) != 0) return errno;
  if (int const failed = write_all(file.get(), bytes); failed != 0) return failed;
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

} // namespace

placed_file::placed_file(watchers::directory_ptr directory, std::string name,
                         std::optional<user> as)
    : directory_(std::move(directory)), as_(std::move(as)), name_(std::move(name)),
      new_name_('.' + name_ + ".cfgd-new"), kept_name_('.' + name_ + ".cfgd-previous") {}

result<placed_file> placed_file::open(std::string const& path, watchers::trust const& trusted,
                                      std::optional<user> const& as) {
  acting_as const me(as);
  std::filesystem::path const whole(path);
  auto const directory = whole.parent_path().string();
  watchers::walker const way(as ? watchers::trust(as->uid) : trusted, [](auto const&...) {});
  auto found = way.open_root(directory);
  if (!found) return found.error();
  if ((*found)->path != directory)
    return error{.code = errc::untrusted,
                 .message = "a link leads to " + (*found)->path + "; write that path",
                 .subject = directory};
  if ((*found)->distrust) return *(*found)->distrust;
  return placed_file(std::move(*found), whole.filename(), as);
}

error placed_file::failure(char const* call, int number) const {
  return system_error(call, number, watchers::join(directory_->path, name_));
}

result<std::optional<std::string>> placed_file::read(std::size_t most_bytes) const {
  acting_as const me(as_);
  auto const path = watchers::join(directory_->path, name_);
  struct stat info {};
  if (::fstatat(directory_->fd.get(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return failure("stat", errno);
  }
  if (!S_ISREG(info.st_mode))
    return error{.code = errc::untrusted, .message = "is not a regular file", .subject = path};
  // Whoever owns it: it is compared and replaced, never believed.
  watchers::trust anybody(info.st_uid);
  anybody.groups.push_back(info.st_gid);
  if ((info.st_mode & S_IWOTH) != 0)
    return error{
        .code = errc::untrusted, .message = "may be written by everybody", .subject = path};
  auto whole = watchers::read_whole(directory_->fd.get(), name_, path, anybody, most_bytes);
  if (!whole) return whole.error();
  return std::optional<std::string>(std::move(whole->bytes));
}

result<file_state> placed_file::look(std::size_t most_bytes) const {
  acting_as const me(as_);
  auto const bytes = read(most_bytes);
  if (!bytes) return bytes.error();
  file_state out;
  if (!*bytes) return out;
  struct stat info {};
  if (::fstatat(directory_->fd.get(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return failure("stat", errno);
  return file_state{.hash = hash_content(**bytes),
                    .owner = info.st_uid,
                    .group = info.st_gid,
                    .mode = info.st_mode & 07777U};
}

result<void> placed_file::write(std::string_view bytes, file_attributes const& how) const {
  acting_as const me(as_);
  int failed = remove_name(directory_->fd.get(), new_name_);
  if (failed == 0) failed = write_file(directory_->fd.get(), new_name_, bytes, how);
  if (failed == 0) return {};
  discard();
  return failure("cannot write", failed);
}

std::string placed_file::new_path() const { return watchers::join(directory_->path, new_name_); }

result<void> placed_file::keep() const {
  acting_as const me(as_);
  int const directory = directory_->fd.get();
  if (int const failed = remove_name(directory, kept_name_); failed != 0)
    return failure("unlink", failed);
  if (::linkat(directory, name_.c_str(), directory, kept_name_.c_str(), 0) != 0 && errno != ENOENT)
    return failure("cannot keep the previous file: link", errno);
  return sync();
}

result<void> placed_file::tighten_kept(unsigned mode) const {
  acting_as const me(as_);
  int const directory = directory_->fd.get();
  struct stat info {};
  if (::fstatat(directory, kept_name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
  if (!S_ISREG(info.st_mode) || (info.st_mode & 07777U & ~mode) == 0) return {};
  if (::fchmodat(directory, kept_name_.c_str(), info.st_mode & mode, 0) != 0)
    return failure("cannot take rights from the previous file: chmod", errno);
  return {};
}

result<void> placed_file::replace() const {
  acting_as const me(as_);
  int const directory = directory_->fd.get();
  if (::renameat(directory, new_name_.c_str(), directory, name_.c_str()) != 0)
    return failure("rename", errno);
  return sync();
}

result<void> placed_file::restore(bool existed) const {
  acting_as const me(as_);
  int const directory = directory_->fd.get();
  discard();
  if (existed) {
    if (::renameat(directory, kept_name_.c_str(), directory, name_.c_str()) != 0 && errno != ENOENT)
      return failure("cannot put back: rename", errno);
  } else if (int const failed = remove_name(directory, name_); failed != 0) {
    return failure("cannot put back: unlink", failed);
  }
  return sync();
}

void placed_file::discard() const {
  acting_as const me(as_);
  remove_name(directory_->fd.get(), new_name_);
}

result<void> placed_file::sync() const {
  // The directory is open with O_PATH, which fsync(2) refuses.
  unique_fd const fd(::openat(directory_->fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failure("open the directory", errno);
  return ::fsync(fd.get()) == 0 ? result<void>() : failure("fsync the directory", errno);
}

} // namespace cfgd::apply
