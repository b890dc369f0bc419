/// A look at the entries of a directory that have had events, and at no others.
///
/// An entry is looked at alone where nothing else may depend on it: the unit was looked at as a
/// whole before, its directory is still that one, and none of its files is a link. A new drop-in
/// directory is a reason to look at its whole root. What depends on an entry without a link needs
/// no look: the ledger applies masks, and a drop-in directory has events of its own.
///
/// Entries that will probably be looked at soon are read and parsed before. The look uses that if
/// it finds the same file with the same identity, in directories that it has checked; nothing of it
/// is visible otherwise.
#include "watchers/look_impl.hpp"
#include "watchers/read_source.hpp"

#include <fcntl.h>
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

/// Reads the files with events of a unit that is looked at by its entries, and returns how many.
/// Every directory on the way is checked, here and by the look that uses what was read.
std::size_t looker::read_ahead(look_unit const& which) {
  auto& top = roots_[which.root];
  auto const part = top.units.find(which.name);
  if (part == top.units.end() || !wants(which.root, which.name)) return 0;
  walker const way(trusted_, [](directory const&, std::string_view, walker::zone) {});
  auto const opened = way.open_root(top.path);
  if (!opened) return 0;
  auto here = *opened;
  if (!which.name.empty()) {
    auto end = way.resolve(here, top.path, here, which.name);
    if (!end || !end->here) return 0;
    here = end->here;
  }
  visit const now{.index = which.root, .top = top, .name = which.name, .here = part->second};
  auto const names = here->distrust ? std::nullopt : entries_alone(now, *here);
  std::size_t reads = 0;
  for (auto const& name : names.value_or(std::vector<std::string>()))
    reads += read_ahead(now, *here, name);
  return reads;
}

/// All that is read ahead is at most as long as one file may be.
std::size_t looker::read_ahead(visit const& now, directory const& here, std::string const& name) {
  auto const id = now.id(name);
  struct stat info {};
  if (!is_source(id) || ::fstatat(here.fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return 0;
  auto const known = now.here.files.find(name);
  if (known != now.here.files.end() && known->second.identity == identity_of(info)) return 0;
  auto const room = how_.bounds.file_bytes - ahead_bytes_;
  auto file = read_whole(here.fd.get(), name, join(here.path, name), trusted_, room);
  if (!file || !file->certain) return 1;
  auto document = read_source(id, file->bytes, how_.bounds);
  if (auto const old = ahead_.extract(id)) ahead_bytes_ -= old.mapped().file.bytes.size();
  ahead_bytes_ += file->bytes.size();
  ahead_.emplace(id, ahead{.file = std::move(*file), .document = std::move(document)});
  return 1;
}

/// What was read ahead, if the file is still the same.
std::optional<looker::ahead> looker::take_ahead(source_id const& id,
                                                file_identity const& identity) {
  auto const found = ahead_.find(id);
  if (found == ahead_.end() || found->second.file.identity != identity) return std::nullopt;
  return std::move(ahead_.extract(found).mapped());
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
