#include "apply/journal.hpp"

#include "core/durable_file.hpp"
#include "core/json.hpp"

#include <boost/json/value.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

// The lock is on a file of its own, because the journal is replaced when it is rewritten. It is a
// lock of fcntl(2), which ends with the process and says whose it is.

namespace cfgd::apply {
namespace {

constexpr std::size_t most_bytes = 1U << 20U; ///< above that it is rewritten

flock whole_file(short kind) {
  flock out{};
  out.l_type = kind;
  out.l_whence = SEEK_SET;
  return out;
}

result<std::string> read_all(int fd, std::filesystem::path const& path) {
  std::string text;
  std::string part(64UL * 1024, '\0');
  for (;;) {
    ssize_t const got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", errno, path);
    if (got == 0) return text;
    text.append(part, 0, static_cast<std::size_t>(got));
  }
}

} // namespace

result<journal> journal::open(std::filesystem::path const& directory) {
  auto const lock_path = directory / "lock";
  unique_fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return system_error("open", errno, lock_path);
  auto whole = whole_file(F_WRLCK);
  if (::fcntl(lock.get(), F_SETLK, &whole) != 0) {
    if (errno != EACCES && errno != EAGAIN) return system_error("lock", errno, lock_path);
    return error{.code = errc::conflict,
                 .message = "another cfgd-apply is running",
                 .subject = directory.string()};
  }
  auto const path = directory / "journal";
  unique_fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return system_error("open", errno, path);
  journal made(path, std::move(file));
  made.lock_ = std::move(lock);
  if (auto const taken = made.read(); !taken) return taken.error();
  if (auto const kept = sync_directory(directory); !kept) return kept.error();
  return made;
}

result<void> journal::read() {
  auto const text = read_all(file_.get(), path_);
  if (!text) return text.error();
  std::size_t at = 0;
  while (at < text->size()) {
    auto const end = text->find('\n', at);
    if (end == text->npos || !take_line(state_, std::string_view(*text).substr(at, end - at)))
      break;
    at = end + 1;
  }
  bytes_ = at;
  if (at == text->size()) return {};
  if (::ftruncate(file_.get(), static_cast<off_t>(at)) != 0 || ::fsync(file_.get()) != 0)
    return system_error("truncate", errno, path_);
  return {};
}

result<void> journal::write(std::string const& line) {
  // A line that cannot be read would be the end of the journal for the next process.
  if (auto const readable = json::parse(line); !readable) return readable.error();
  if (bytes_ > most_bytes)
    if (auto const shorter = compact(); !shorter) return shorter.error();
  if (int const failed = write_all(file_.get(), line + '\n'); failed != 0) {
    if (::ftruncate(file_.get(), static_cast<off_t>(bytes_)) != 0)
      throw storage_failure(to_string(system_error("truncate", errno, path_)));
    return system_error("write", failed, path_);
  }
  if (::fdatasync(file_.get()) != 0)
    throw storage_failure(to_string(system_error("fdatasync", errno, path_)));
  bytes_ += line.size() + 1;
  return take_line(state_, line);
}

result<void> journal::compact() {
  auto const text = compacted(state_);
  if (auto done = replace_file(path_, text, 0600); !done) return done;
  file_ = unique_fd(::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!file_) throw storage_failure(to_string(system_error("open", errno, path_)));
  bytes_ = text.size();
  return {};
}

pid_t journal_owner(std::filesystem::path const& directory) {
  unique_fd const lock(::open((directory / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!lock) return 0;
  auto whole = whole_file(F_WRLCK);
  if (::fcntl(lock.get(), F_GETLK, &whole) != 0 || whole.l_type == F_UNLCK) return 0;
  return whole.l_pid;
}

} // namespace cfgd::apply
