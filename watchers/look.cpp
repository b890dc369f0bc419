/// One look.
///
/// A look goes from "/" to the directory of each root, lists it, and stats the files that may be
/// sources. It reads those whose stat(2) differs from the last look. It remembers its findings, so
/// that it returns only news. A look at one NAME.d or one root does not cost more than that part.
///
/// Every directory is watched before anything is looked up in it. So a change after the look is an
/// event, and a change before it is seen: there is no gap, and no second look.
///
/// Directories that are not trusted are listed nevertheless: each source in them is reported as
/// blocked, so that administrators see what is missing and why.
#include "core/key.hpp"
#include "watchers/look_impl.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <tuple>
#include <utility>

namespace cfgd::watchers {
namespace {

/// The names in a directory that the predicate accepts, sorted by bytes.
template <class Predicate>
result<std::vector<std::string>> list(directory const& where, Predicate accepts) {
  unique_fd fd(::openat(where.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_failure("open", errno, where.path, &where.info);
  struct closer {
    void operator()(DIR* stream) const { ::closedir(stream); }
  };
  std::unique_ptr<DIR, closer> const stream(::fdopendir(fd.get()));
  if (!stream) return system_failure("list", errno, where.path);
  std::ignore = fd.release(); // the stream owns it now
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    dirent const* const next = ::readdir(stream.get());
    if (next == nullptr) break;
    if (accepts(std::string_view(next->d_name))) names.emplace_back(next->d_name);
  }
  if (errno != 0) return system_failure("list", errno, where.path);
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace

bool is_drop_in_directory(std::string_view name) {
  return name.ends_with(".d") && is_namespace_name(name.substr(0, name.size() - 2));
}

looker::looker(source_watcher::options const& how, std::vector<known_source> const& known,
               inotify const* kernel)
    : how_(how), trusted_(how.trusted_uid), watches_(kernel, how.bounds.watched_directories) {
  trusted_.groups = how.trusted_groups;
  trusted_.link_roots = how.link_roots;
  for (auto const& what : how.roots) {
    auto path = what.directory.lexically_normal().string();
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    roots_.push_back({.what = what, .path = std::move(path), .units = {}, .above = {}});
    roots_.back().units[""];
  }
  for (auto const& [id, identity, hash] : known) {
    for (auto& top : roots_) {
      if (!top.what.holds(id)) continue;
      auto const slash = id.relative.find('/');
      bool const below = slash != id.relative.npos;
      auto& files = top.units[below ? id.relative.substr(0, slash) : std::string()].files;
      files[below ? id.relative.substr(slash + 1) : id.relative].identity = identity;
      ++file_count_;
    }
  }
}

look_result looker::look(look_request const& what) {
  if (what.is_ahead) return look_ahead(what);
  look_result found;
  request_ = &what;
  result_ = &found;
  for (int const lost : what.lost_watches)
    watches_.forget(lost);
  for (auto const& id : what.again)
    read_again(id);
  if (what.whole) watches_.begin_whole();
  for (std::size_t index = 0; index < roots_.size(); ++index) {
    auto const is_this = [index](std::size_t one) { return one == index; };
    bool const touched =
        what.whole || what.roots.contains(index) ||
        std::ranges::any_of(what.units, is_this, &look_unit::root) ||
        std::ranges::any_of(what.entries, is_this, [](auto const& one) { return one.first.root; });
    if (touched) look_at_root(index);
  }
  if (what.whole) watches_.end_whole();
  ahead_.clear();
  ahead_bytes_ = 0;
  found.watches = watches_.take_changes();
  found.unwatched = watches_.failures();
  found.watch_count = watches_.size();
  request_ = nullptr;
  result_ = nullptr;
  return found;
}

look_result looker::look_ahead(look_request const& what) {
  look_result found;
  request_ = &what;
  for (auto const& with_events : what.entries)
    found.reads += read_ahead(with_events.first);
  request_ = nullptr;
  return found;
}

void looker::read_again(source_id const& id) {
  auto const slash = id.relative.find('/');
  bool const below = slash != id.relative.npos;
  auto const part = below ? id.relative.substr(0, slash) : std::string();
  auto const file = below ? id.relative.substr(slash + 1) : id.relative;
  for (auto& top : roots_) {
    if (!top.what.holds(id)) continue;
    auto const unit_found = top.units.find(part);
    if (unit_found == top.units.end()) continue;
    auto const found = unit_found->second.files.find(file);
    if (found != unit_found->second.files.end()) found->second.identity = {};
  }
}

void looker::look_at_root(std::size_t index) {
  auto& top = roots_[index];
  std::set<std::string> above;
  walker const way(trusted_, [&](directory const& where, std::string_view name, walker::zone) {
    watches_.visit(where, name);
    above.insert(where.path);
  });
  auto opened = way.open_root(top.path);
  if (above != top.above) {
    top.above = above;
    result_->root_directories[index] = std::move(above);
  }
  std::vector<std::string> parts;
  if (!opened) {
    for (auto const& [name, part] : top.units)
      parts.push_back(name);
    for (auto const& name : parts)
      block_unit(index, name, opened.error());
    return;
  }
  for (auto const& [name, part] : top.units) {
    if (!name.empty() && wants(index, name)) parts.push_back(name);
  }
  if (wants(index, "")) {
    visit now{.index = index, .top = top, .name = {}, .here = top.units[""]};
    now.top_directory = *opened;
    look_at_unit(now, *opened);
    close_unit(now);
    if (!now.is_partial) {
      auto changed = changed_parts(top, **opened);
      if (!changed) return;
      parts.insert(parts.end(), changed->begin(), changed->end());
      std::sort(parts.begin(), parts.end());
      parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
    }
  }
  for (auto const& name : parts)
    look_at_subdirectory(index, *opened, name);
}

/// The drop-in directories that are new, gone, replaced, or links, which must always be resolved.
result<std::vector<std::string>> looker::changed_parts(root const& top,
                                                       directory const& here) const {
  if (top.what.what != source_kind::values) return std::vector<std::string>(); // it is flat
  auto const names = list(here, is_drop_in_directory);
  if (!names) return names.error();
  std::vector<std::string> changed;
  for (auto const& [name, part] : top.units) {
    if (!name.empty() && !std::binary_search(names->begin(), names->end(), name))
      changed.push_back(name);
  }
  for (auto const& name : *names) {
    auto const known = top.units.find(name);
    struct stat info {};
    bool const same = known != top.units.end() && !known->second.linked &&
                      ::fstatat(here.fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                      identity_of(info) == known->second.directory;
    if (!same) changed.push_back(name);
  }
  return changed;
}

void looker::look_at_subdirectory(std::size_t index, directory_ptr const& top,
                                  std::string const& name) {
  visit now{.index = index, .top = roots_[index], .name = name, .here = roots_[index].units[name]};
  now.top_directory = top;
  walker const way = way_of(now);
  struct stat info {};
  if (::fstatat(top->fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    now.here.linked = S_ISLNK(info.st_mode);
    now.here.directory = identity_of(info);
  }
  auto end = way.resolve(top, now.top.path, top, name);
  if (!end || !end->here) {
    now.here.directory = {};
    auto const why = end ? system_failure("open", ENOTDIR, join(top->path, name)) : end.error();
    bool const is_there = now.here.linked;
    if (is_there) close_unit(now); // keep watching the directories on the way of the link
    block_unit(index, name, why);
    return;
  }
  look_at_unit(now, end->here);
  close_unit(now);
}

walker looker::way_of(visit& now) {
  return {trusted_,
          [this, &now](directory const& where, std::string_view name, walker::zone which) {
            // On the way to one of link_roots only the next name is relevant.
            bool const is_above = which == walker::zone::above;
            watches_.visit(where, is_above ? name : std::string_view());
            now.directories.insert(where.path);
          }};
}

void looker::look_at_unit(visit& now, directory_ptr const& here) {
  watches_.visit(*here, {});
  now.directories.insert(here->path);
  if (auto const names = entries_alone(now, *here)) {
    now.is_partial = true;
    for (auto const& name : *names)
      look_at_entry(now, here, name);
  } else {
    look_at_all(now, here);
  }
}

void looker::look_at_all(visit& now, directory_ptr const& here) {
  std::vector<std::string> others;
  auto names = list(*here, [&](std::string_view name) {
    bool const is_wanted = is_source(now.id(name));
    if (!is_wanted && !is_leftover(name)) others.emplace_back(name);
    return is_wanted;
  });
  if (!names) {
    block_files(now, names.error());
    return;
  }
  note_others(now, *here, std::move(others));
  bool const had_links = std::exchange(now.here.has_links, false);
  for (auto const& name : *names)
    look_at_file(now, here, name);
  now.here.has_links |= had_links && !request_->skip.empty(); // it may be one that was skipped
  now.here.path = here->path;
  now.here.device = here->info.st_dev;
  now.here.inode = here->info.st_ino;
  report_absent(now, *names, here->path);
}

void looker::block_unit(std::size_t index, std::string const& name, error const& why) {
  auto& top = roots_[index];
  auto const part = top.units.find(name);
  visit now{.index = index, .top = top, .name = name, .here = part->second};
  block_files(now, why);
  // A dangling link keeps its dependencies; anything else is no longer a unit.
  if (why.code != errc::not_found || now.here.linked) return;
  close_unit(now);
  if (!name.empty() && now.here.files.empty()) top.units.erase(part);
}

void looker::block_files(visit& now, error const& why) {
  now.here.path.clear();
  auto const path = now.name.empty() ? now.top.path : join(now.top.path, now.name);
  if (why.code == errc::not_found) {
    report_absent(now, {}, path);
    replace_others(now, {});
    return;
  }
  for (auto& [file, known] : now.here.files) {
    auto const own = join(path, file);
    block(known, now.id(file), own, {.identity = {}, .location = own, .why = why});
  }
}

void looker::close_unit(visit& now) {
  if (now.is_partial)
    now.directories.insert(now.here.directories.begin(), now.here.directories.end());
  if (now.directories == now.here.directories) return;
  now.here.directories = now.directories;
  result_->unit_directories[{.root = now.index, .name = now.name}] = now.directories;
}

} // namespace cfgd::watchers
