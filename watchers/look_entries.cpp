/// A look at the entries of a directory that have had events, and at no others.
///
/// An entry is looked at alone where nothing else may depend on it: the unit was looked at as a
/// whole before, its directory is still that one, and none of its files is a link. A new drop-in
/// directory is a reason to look at its whole root. What depends on an entry without a link needs
/// no look: the ledger applies masks, and a drop-in directory has events of its own.
#include "watchers/look_impl.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace cfgd::watchers {
namespace {

/// The directory and the name of an absolute path.
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  auto const slash = path.rfind('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

} // namespace

bool looker::wants_all(look_unit const& which) const {
  return request_->whole || request_->roots.contains(which.root) || request_->units.contains(which);
}

bool looker::wants(std::size_t index, std::string const& name) const {
  look_unit const which{.root = index, .name = name};
  if (wants_all(which)) return true;
  auto const found = request_->entries.find(which);
  if (found == request_->entries.end()) return false;
  auto const& part = roots_[index].units.find(name)->second;
  if (part.path.empty() || part.linked || part.has_links) return true;
  // Drop-in directories depend on the one above them, but not on the files in it.
  return std::ranges::any_of(
      found->second, [&](std::string const& path) { return is_at_or_below(path, part.path); });
}

/// The entries that the look is limited to; nullopt: it has to be a look at all of the unit.
std::optional<std::vector<std::string>> looker::entries_alone(visit const& now,
                                                              directory const& here) const {
  look_unit const which{.root = now.index, .name = now.name};
  auto const& part = now.here;
  if (wants_all(which) || part.linked || part.has_links) return std::nullopt;
  if (part.path != here.path || part.device != here.info.st_dev || part.inode != here.info.st_ino)
    return std::nullopt;
  auto const found = request_->entries.find(which);
  if (found == request_->entries.end()) return std::nullopt;
  std::vector<std::string> names;
  names.reserve(found->second.size());
  for (auto const& path : found->second) {
    if (path == here.path) return std::nullopt;
    auto const [parent, name] = split(path);
    if (parent != here.path) continue; // as in wants()
    if (now.is_top_of_values() && is_drop_in_directory(name)) return std::nullopt;
    names.emplace_back(name);
  }
  return names;
}

void looker::look_at_entry(visit& now, directory_ptr const& here, std::string const& name) {
  if (is_leftover(name)) return;
  if (!is_source(now.id(name))) {
    note_other(now, *here, name);
    return;
  }
  look_at_file(now, here, name);
  struct stat info {};
  auto const known = now.here.files.find(name);
  if (known == now.here.files.end() ||
      ::fstatat(here->fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
    return;
  if (forget(now, name, known->second, here->path)) now.here.files.erase(known);
}

} // namespace cfgd::watchers
