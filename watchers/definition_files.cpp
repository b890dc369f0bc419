#include "watchers/definition_files.hpp"

#include "watchers/read_source.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

// Definitions are trusted on the same conditions as sources: every directory on the way, and the
// file itself, must be owned by root or the user of the program and be writable by nobody else.
// Whoever could write one could make the program act for them.

namespace cfgd::watchers {
namespace {

result<std::vector<std::string>> list_definitions(directory const& where) {
  unique_fd fd(::openat(where.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_failure("open", errno, where.path, &where.info);
  struct closer {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  std::unique_ptr<DIR, closer> const stream(::fdopendir(fd.get()));
  if (!stream) return system_failure("list", errno, where.path);
  std::ignore = fd.release(); // the stream owns it now
  std::vector<std::string> names;
  while (dirent const* const next = ::readdir(stream.get())) {
    std::string_view const name = next->d_name;
    if (name.ends_with(".toml") && !is_leftover(name)) names.emplace_back(name);
  }
  return names;
}

/// Whether it is a link to /dev/null: the file of this name in an earlier directory does not count.
bool is_mask(directory const& top, std::string const& name, trust const& trusted) {
  struct stat info {};
  return ::fstatat(top.fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(info.st_mode) && !top.distrust &&
         !distrust_of(info, join(top.path, name), trusted) && leads_to_nothing(top.fd.get(), name);
}

result<std::string> read_text(walker const& way, directory_ptr const& top, std::string const& name,
                              trust const& trusted, limits const& bounds) {
  auto const path = join(top->path, name);
  auto const end = way.resolve(top, top->path, top, name);
  if (!end) return end.error();
  if (end->parent->distrust) return *end->parent->distrust;
  if (auto why = refuse_file(end->info, path, trusted, bounds.file_bytes)) return *why;
  auto bytes = read_whole(end->parent->fd.get(), end->name, path, trusted, bounds.file_bytes);
  if (!bytes) return bytes.error();
  return std::move(bytes->bytes);
}

result<sourced_document> read_document(walker const& way, directory_ptr const& top,
                                       std::string const& name, trust const& trusted,
                                       limits const& bounds) {
  auto const text = read_text(way, top, name, trusted, bounds);
  if (!text) return text.error();
  auto document = read_source(format::toml, *text, bounds);
  if (document) return document;
  auto why = document.error();
  why.subject = join(top->path, name);
  return why;
}

} // namespace

std::map<std::string, definition_file>
read_definitions(std::vector<std::filesystem::path> const& directories, trust const& trusted,
                 limits const& bounds) {
  std::map<std::string, definition_file> found;
  walker const way(trusted, [](auto const&...) {});
  for (auto const& directory : directories) {
    auto const top = way.open_root(directory.string());
    if (!top && top.error().code == errc::not_found) continue;
    auto const names =
        top ? list_definitions(**top) : result<std::vector<std::string>>(top.error());
    if (!names) {
      found.insert_or_assign(directory.string(), definition_file{.path = directory.string(),
                                                                 .document = names.error()});
      continue;
    }
    for (auto const& name : *names) {
      if (is_mask(**top, name, trusted)) {
        found.erase(name);
        continue;
      }
      found.insert_or_assign(
          name, definition_file{.path = join(directory.string(), name),
                                .document = read_document(way, *top, name, trusted, bounds)});
    }
  }
  return found;
}

result<std::string> read_definition_text(std::vector<std::filesystem::path> const& directories,
                                         std::string const& name, trust const& trusted,
                                         limits const& bounds) {
  walker const way(trusted, [](auto const&...) {});
  // NOLINTNEXTLINE(modernize-loop-convert): clang 14 does not compile the views of this library
  for (auto directory = directories.rbegin(); directory != directories.rend(); ++directory) {
    auto const top = way.open_root(directory->string());
    if (!top && top.error().code == errc::not_found) continue;
    if (!top) return top.error();
    if (is_mask(**top, name, trusted)) break;
    auto text = read_text(way, *top, name, trusted, bounds);
    if (text || text.error().code != errc::not_found) return text;
  }
  return error{.code = errc::not_found,
               .message = "no such file",
               .subject = join(directories.back().string(), name)};
}

} // namespace cfgd::watchers
