#include "store/key_place.hpp"

#include "core/durable_file.hpp"
#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

// A key is never overwritten: without it, what it has sealed is lost. A new one is written under
// another name, made durable and linked to its name, which link(2) refuses if there is a file.

namespace cfgd::store {
namespace {

namespace fs = std::filesystem;

/// Room for the longest text of a key with white space behind it.
constexpr std::size_t most_file_bytes = 256;

error unusable(error why, fs::path const& path) {
  why.subject = path.string();
  why.message += "; cfgd does not replace a key: put the right one there, or remove the file "
                 "together with the store that it seals";
  return why;
}

enum class privacy : std::uint8_t { needed, of_systemd };

result<void> check_privacy(int file, fs::path const& path) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return system_error("fstat", errno, path);
  bool const owned = status.st_uid == ::geteuid() || status.st_uid == 0;
  if (owned && S_ISREG(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  return error{.code = errc::untrusted,
               .message = "the key must be a regular file of mode 0600 and of the user of cfgd"};
}

/// Null: there is no such file.
result<std::shared_ptr<sealer const>> read_key(fs::path const& path, privacy how) {
  unique_fd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT) return std::shared_ptr<sealer const>();
  if (!file) return unusable(system_error("open", errno, path), path);
  if (how == privacy::needed)
    if (auto const fine = check_privacy(file.get(), path); !fine)
      return unusable(fine.error(), path);
  secret_bytes bytes(most_file_bytes);
  std::size_t size = 0;
  while (size < bytes.size()) {
    ssize_t const got = ::read(file.get(), bytes.span().data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unusable(system_error("read", errno, path), path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  auto key = sealer::parse(bytes.span().first(size));
  if (!key) return unusable(key.error(), path);
  return key;
}

} // namespace

key_sources key_sources_of_process() {
  char const* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  return {.credentials = directory == nullptr ? fs::path() : fs::path(directory)};
}

fs::path key_file(fs::path const& state) { return state / "key"; }
fs::path new_key_file(fs::path const& state) { return state / "key.new"; }

result<found_keys> find_keys(fs::path const& state, key_sources const& where) {
  found_keys out{.current = {}, .other = {}, .place = key_file(state)};
  auto own = read_key(out.place, privacy::needed);
  if (!where.credentials.empty()) {
    auto const path = where.credentials / key_credential;
    auto credential = read_key(path, privacy::of_systemd);
    if (!credential) return credential.error();
    if (*credential) {
      auto old = read_key(where.credentials / old_key_credential, privacy::of_systemd);
      if (!old) return old.error();
      out.current = std::move(*credential);
      out.other = *old ? std::move(*old) : (own ? std::move(*own) : nullptr);
      out.is_credential = true;
      out.place = path;
      return out;
    }
  }
  if (!own) return own.error();
  out.current = std::move(*own);
  auto next = read_key(new_key_file(state), privacy::needed);
  if (!next) return next.error();
  out.other = std::move(*next);
  return out;
}

result<std::shared_ptr<sealer const>> make_key_file(fs::path const& at) {
  auto const key = sealer::make_key();
  auto const made = at.parent_path() / ".key.making";
  ::unlink(made.c_str()); // of a process that did not come to the end of this
  unique_fd const file(
      ::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return system_error("open", errno, made);
  int failed = write_all(file.get(), key.view());
  if (failed == 0 && ::fsync(file.get()) != 0) failed = errno;
  if (failed == 0 && ::link(made.c_str(), at.c_str()) != 0) failed = errno;
  ::unlink(made.c_str());
  if (failed != 0) return system_error("writing the key", failed, at);
  if (auto const durable = sync_directory(at.parent_path()); !durable) return durable.error();
  return std::make_shared<sealer const>(key.span());
}

result<void> adopt_new_key(fs::path const& state) {
  auto const to = key_file(state);
  if (::rename(new_key_file(state).c_str(), to.c_str()) != 0)
    return system_error("rename", errno, to);
  return sync_directory(state);
}

result<std::shared_ptr<key_ring const>> keys_beside(fs::path const& state) {
  auto found = find_keys(state, {});
  if (!found) return found.error();
  if (!found->current) return std::shared_ptr<key_ring const>();
  auto ring = std::make_shared<key_ring>(std::move(found->current));
  if (found->other) ring->add(std::move(found->other));
  return std::shared_ptr<key_ring const>(std::move(ring));
}

} // namespace cfgd::store
