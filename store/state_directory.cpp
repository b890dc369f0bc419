#include "store/state_directory.hpp"

#include "core/durable_file.hpp"
#include "core/standard_descriptors.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

// Creation. LMDB writes a new file in several steps and cannot open a partly written one, so a
// crash at the first start would never go away. Therefore the first commit is made in a directory
// of its own, data.new.*, which is made durable (file, then directory) and renamed to data/; then
// the parent directory is made durable. A process that has the lock and finds a data.new.* removes
// it, because the process that made it has ended.
//
// The lock file is never removed or renamed: that would let two processes lock two files with the
// same name. Its descriptor is closed on exec, so no child keeps it by accident. The pid in it is
// only for the error message.
//
// LMDB trusts its file. A process that could write to it could crash the daemon or change any
// value, so directories and files must belong to the daemon's user or root and be writable by no
// other user.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;

/// Two meta pages. LMDB rejects a shorter file, and takes an empty one for a new store.
constexpr off_t least_store_bytes = 2 * 4096;

constexpr std::chrono::seconds lock_patience{1};
constexpr int lock_pause_ms = 10;

result<void> check_status(struct stat const& status, fs::path const& path, mode_t kind) {
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & 07777U);
  bool const owned = status.st_uid == ::geteuid() || status.st_uid == 0;
  bool const closed = (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (owned && closed && (status.st_mode & S_IFMT) == kind) return {};
  return error{.code = errc::untrusted,
               .message = "owner " + std::to_string(status.st_uid) + ", mode " + mode.data() +
                          "; wanted is a " + (kind == S_IFDIR ? "directory" : "regular file") +
                          " of owner " + std::to_string(::geteuid()) +
                          " that group and others may not write",
               .subject = path.string()};
}

/// A path that does not exist is accepted.
result<void> check_trusted(fs::path const& path, mode_t kind) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return system_error("lstat", errno, path);
  }
  return check_status(status, path, kind);
}

std::string read_pid(int lock) {
  std::array<char, 32> text{};
  auto const length = ::pread(lock, text.data(), text.size(), 0);
  std::string pid(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  pid.erase(std::min(pid.find('\n'), pid.size()));
  return pid.empty() ? "unknown" : pid;
}

/// The kernel releases the lock of a process that was killed only when its last call has returned,
/// which may wait for the disk. Returns 0 or the errno.
int wait_for_lock(int lock) {
  auto const end = std::chrono::steady_clock::now() + lock_patience;
  while (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() >= end) return errno;
    ::poll(nullptr, 0, lock_pause_ms); // flock(2) has no time limit
  }
  return 0;
}

result<unique_fd> take_lock(fs::path const& path) {
  if (!has_standard_descriptors()) return system_error("opening above descriptor 2", EBADF, path);
  unique_fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return system_error("open", errno, path);
  struct stat status {};
  if (::fstat(lock.get(), &status) != 0) return system_error("fstat", errno, path);
  if (auto const fine = check_status(status, path, S_IFREG); !fine) return fine.error();
  if (int const failed = wait_for_lock(lock.get()); failed != 0) {
    errno = failed;
    if (errno != EWOULDBLOCK) return system_error("flock", errno, path);
    return error{.code = errc::conflict,
                 .message = "the state directory is locked by pid " + read_pid(lock.get()),
                 .subject = path.parent_path().string()};
  }
  // On a full disk the pid may be missing from the message of another process; the lock still
  // works.
  auto const pid = std::to_string(::getpid()) + '\n';
  if (::ftruncate(lock.get(), 0) == 0) {
    [[maybe_unused]] auto const written = ::pwrite(lock.get(), pid.data(), pid.size(), 0);
  }
  return lock;
}

} // namespace

result<state_directory> state_directory::open(fs::path path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    auto const parent = fs::absolute(path).lexically_normal().parent_path();
    if (auto const durable = sync_directory(parent); !durable) return durable.error();
  } else if (errno != EEXIST) {
    return system_error("mkdir", errno, path);
  }
  // The state directory itself may be a symbolic link; its target is checked.
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return system_error("stat", errno, path);
  if (auto const fine = check_status(status, path, S_IFDIR); !fine) return fine.error();
  auto lock = take_lock(path / "lock");
  if (!lock) return lock.error();
  return state_directory(std::move(path), *std::move(lock));
}

bool state_directory::has_lock() const {
  struct stat ours {};
  struct stat named {};
  return ::fstat(lock_.get(), &ours) == 0 && ::stat(lock_file_.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

bool is_locked(fs::path const& state) {
  unique_fd const lock(::open((state / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

void state_directory::clear_leftovers() const {
  std::error_code ignored;
  for (auto const& entry : fs::directory_iterator(path_, ignored))
    if (entry.path().filename().string().starts_with("data.new."))
      fs::remove_all(entry.path(), ignored);
}

result<void> state_directory::check_store() const {
  if (auto fine = check_trusted(data(), S_IFDIR); !fine) return fine;
  if (auto fine = check_trusted(data_file(), S_IFREG); !fine) return fine;
  if (auto fine = check_trusted(data() / "lock.mdb", S_IFREG); !fine) return fine;
  struct stat status {};
  if (::stat(data_file().c_str(), &status) != 0) return system_error("stat", errno, data_file());
  if (status.st_size >= least_store_bytes) return {};
  return error{.code = errc::invalid,
               .message =
                   "the store is cut off: it has " + std::to_string(status.st_size) + " bytes",
               .subject = data_file().string()};
}

result<void> state_directory::provide(std::function<void(fs::path const&)> const& make) const {
  clear_leftovers();
  std::error_code code;
  if (fs::exists(data_file(), code)) return check_store();
  // A data/ without data.mdb is not a store; it has LMDB's lock file at most.
  fs::remove(data() / "lock.mdb", code);

  std::string pattern = path_ / "data.new.XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) return system_error("mkdtemp", errno, pattern);
  fs::path const made = pattern;
  make(made);
  // The next process that opens the store creates it again.
  fs::remove(made / "lock.mdb", code);
  if (auto durable = sync_file(made / "data.mdb"); !durable) return durable;
  if (auto durable = sync_directory(made); !durable) return durable;
  if (::rename(made.c_str(), data().c_str()) != 0) return system_error("rename", errno, data());
  if (auto durable = sync_directory(path_); !durable) return durable;
  return check_store();
}

} // namespace cfgd::store
