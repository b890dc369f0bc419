#include "daemon/health/own_checks.hpp"
#include "watchers/read_source.hpp"
#include "watchers/safe_open.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

// Files of checks are trusted on the same conditions as sources: every directory on the way, and
// the file itself, must be owned by root or the service's user and be writable by nobody else.
// Whoever could write one could make the service connect to sockets that are closed to its author.

namespace cfgd::health {
namespace {

namespace fs = std::filesystem;

result<std::vector<std::string>> list_files(watchers::directory const& where) {
  unique_fd fd(::openat(where.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return watchers::system_failure("open", errno, where.path, &where.info);
  struct closer {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  std::unique_ptr<DIR, closer> const stream(::fdopendir(fd.get()));
  if (!stream) return watchers::system_failure("list", errno, where.path);
  std::ignore = fd.release(); // the stream owns it now
  std::vector<std::string> names;
  while (dirent const* const next = ::readdir(stream.get())) {
    std::string_view const name = next->d_name;
    if (name.ends_with(".toml") && !is_leftover(name)) names.emplace_back(name);
  }
  return names;
}

/// Whether it is a link to /dev/null: the file of this name in an earlier directory does not count.
bool is_mask(watchers::directory const& top, std::string const& name,
             watchers::trust const& trusted) {
  struct stat info {};
  return ::fstatat(top.fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(info.st_mode) && !top.distrust &&
         !watchers::distrust_of(info, watchers::join(top.path, name), trusted) &&
         watchers::leads_to_nothing(top.fd.get(), name);
}

result<std::vector<own_check>> read_file(watchers::walker const& way,
                                         watchers::directory_ptr const& top,
                                         std::string const& name, watchers::trust const& trusted,
                                         pace const& general, limits const& bounds) {
  auto const path = watchers::join(top->path, name);
  auto const end = way.resolve(top, top->path, top, name);
  if (!end) return end.error();
  if (end->parent->distrust) return *end->parent->distrust;
  if (auto why = watchers::refuse_file(end->info, path, trusted, bounds.file_bytes)) return *why;
  auto const bytes =
      watchers::read_whole(end->parent->fd.get(), end->name, path, trusted, bounds.file_bytes);
  if (!bytes) return bytes.error();
  auto const document = watchers::read_source(format::toml, bytes->bytes, bounds);
  if (document) return read_checks(*document, path, general, bounds);
  auto why = document.error();
  why.subject = path;
  return why;
}

} // namespace

check_files read_check_files(std::vector<fs::path> const& directories,
                             watchers::trust const& trusted, pace const& general,
                             limits const& bounds) {
  check_files found;
  watchers::walker const way(trusted, [](auto const&...) {});
  for (auto const& directory : directories) {
    auto const top = way.open_root(directory.string());
    if (!top && top.error().code == errc::not_found) continue;
    auto const names = top ? list_files(**top) : result<std::vector<std::string>>(top.error());
    if (!names) {
      found.insert_or_assign(directory.string(),
                             check_file{.path = directory.string(), .checks = names.error()});
      continue;
    }
    for (auto const& name : *names) {
      if (is_mask(**top, name, trusted)) {
        found.erase(name);
        continue;
      }
      found.insert_or_assign(
          name, check_file{.path = watchers::join(directory.string(), name),
                           .checks = read_file(way, *top, name, trusted, general, bounds)});
    }
  }
  return found;
}

} // namespace cfgd::health
