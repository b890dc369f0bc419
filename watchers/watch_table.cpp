/// Which directories are watched.
///
/// A watch belongs to an inode, but what matters is a path: the directory may be renamed, removed
/// or covered while its watch goes on telling of the old one. So the table remembers which inode a
/// path was, and each look that comes by compares. Two paths may be one inode (a bind mount, a
/// directory that was just renamed); they share a watch, which is removed with the last of them.
#include "watchers/watch_table.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace cfgd::watchers {

void watch_table::visit(directory const& where, std::string_view name) {
  auto found = watched_.find(where.path);
  if (found != watched_.end() &&
      (found->second.device != where.info.st_dev || found->second.inode != where.info.st_ino)) {
    drop(where.path);
    found = watched_.end();
  }
  bool const all_names = name.empty();
  if (found == watched_.end()) {
    int const watch = add(where, all_names);
    if (watch < 0) {
      failures_[where.path] = -watch;
      return;
    }
    failures_.erase(where.path);
    entry fresh;
    fresh.what.path = where.path;
    fresh.what.watch = watch;
    fresh.what.all_names = all_names;
    fresh.device = where.info.st_dev;
    fresh.inode = where.info.st_ino;
    found = watched_.emplace(where.path, std::move(fresh)).first;
    changed_.insert(where.path);
  }
  auto& known = found->second;
  known.visited = true;
  if (all_names && !known.what.all_names) {
    known.what.watch = std::max(add(where, true), known.what.watch);
    known.what.all_names = true;
    changed_.insert(where.path);
  }
  if (!all_names && known.what.names.emplace(name).second) changed_.insert(where.path);
}

int watch_table::add(directory const& where, bool all_names) {
  if (kernel_ == nullptr) return -EMFILE;
  if (watched_.size() >= maximum_) return -EDQUOT;
  return kernel_->watch(where.fd.get(), where.path,
                        all_names ? inotify::files_mask : inotify::names_mask);
}

void watch_table::drop(std::string const& path) {
  auto const found = watched_.find(path);
  int const watch = found->second.what.watch;
  watched_.erase(found);
  changed_.insert(path);
  bool const shared = std::any_of(watched_.begin(), watched_.end(), [&](auto const& other) {
    return other.second.what.watch == watch;
  });
  if (!shared) kernel_->unwatch(watch);
}

void watch_table::forget(int watch) {
  std::erase_if(watched_, [&](auto const& known) {
    if (known.second.what.watch != watch) return false;
    changed_.insert(known.first);
    return true;
  });
}

void watch_table::begin_whole() {
  for (auto& [path, known] : watched_)
    known.visited = false;
  failures_.clear();
}

void watch_table::end_whole() {
  std::vector<std::string> stale;
  for (auto const& [path, known] : watched_) {
    if (!known.visited) stale.push_back(path);
  }
  for (auto const& path : stale)
    drop(path);
}

std::vector<watched_directory> watch_table::take_changes() {
  std::vector<watched_directory> changes;
  for (auto const& path : std::exchange(changed_, {})) {
    auto const found = watched_.find(path);
    if (found != watched_.end()) {
      changes.push_back(found->second.what);
    } else {
      changes.push_back({.path = path, .watch = -1, .all_names = false, .names = {}});
    }
  }
  return changes;
}

std::optional<int> watch_table::failure(std::string const& path) const {
  auto const found = failures_.find(path);
  if (found == failures_.end()) return std::nullopt;
  return found->second;
}

} // namespace cfgd::watchers
