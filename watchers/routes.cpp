/// From an event to the units that are looked at.
///
/// A unit depends on its own directory and on those that its links lead through; all units of a
/// root depend on every directory from "/" to the root. An event in one of these is a reason to
/// look at the units that depend on it, whatever name the event has: Kubernetes replaces the link
/// "..data", and no event has the name of a source. The look decides whether the entry with the
/// event is enough (look_entries.cpp). Names are compared only in the directories above a root:
/// /tmp has many events, and only those of the next component are relevant.
#include "watchers/routes.hpp"

#include <algorithm>

namespace cfgd::watchers {
namespace {

/// Replaces the directories that `who` depends on by `now`, in both maps.
template <class Key>
void replace(std::map<Key, std::set<std::string>>& needs,
             std::unordered_map<std::string, std::set<Key>>& by_directory, Key const& who,
             std::set<std::string> const& now) {
  for (auto const& path : needs[who]) {
    auto const found = by_directory.find(path);
    if (found == by_directory.end()) continue;
    found->second.erase(who);
    if (found->second.empty()) by_directory.erase(found);
  }
  for (auto const& path : now)
    by_directory[path].insert(who);
  if (now.empty()) {
    needs.erase(who);
  } else {
    needs[who] = now;
  }
}

} // namespace

void routes::apply(look_result const& result) {
  for (auto const& changed : result.watches) {
    if (auto const old = watches_.find(changed.path); old != watches_.end()) {
      auto const group = directories_.find(old->second);
      if (group != directories_.end()) {
        std::erase_if(group->second,
                      [&](watched_directory const& one) { return one.path == changed.path; });
        if (group->second.empty()) directories_.erase(group);
      }
      watches_.erase(old);
    }
    if (changed.watch < 0) continue;
    watches_[changed.path] = changed.watch;
    directories_[changed.watch].push_back(changed);
  }
  for (auto const& [unit, directories] : result.unit_directories)
    replace(needs_, units_by_directory_, unit, directories);
  for (auto const& [root, directories] : result.root_directories)
    replace(roots_need_, roots_by_directory_, root, directories);
  unwatched_ = result.unwatched;
}

std::vector<std::string> routes::directories(int watch) const {
  std::vector<std::string> paths;
  if (auto const found = directories_.find(watch); found != directories_.end()) {
    for (auto const& one : found->second)
      paths.push_back(one.path);
  }
  return paths;
}

std::vector<std::string> routes::subjects(kernel_event const& event) const {
  std::vector<std::string> paths;
  auto const found = directories_.find(event.watch);
  if (found == directories_.end()) return paths;
  for (auto const& one : found->second) {
    if (event.name.empty()) {
      paths.push_back(one.path);
    } else if (one.all_names || one.names.contains(std::string(event.name))) {
      paths.push_back(join(one.path, event.name));
    }
  }
  return paths;
}

void routes::add_dependents(std::string const& directory, look_request& to) const {
  if (auto const units = units_by_directory_.find(directory); units != units_by_directory_.end())
    to.units.insert(units->second.begin(), units->second.end());
  add_roots(directory, to);
}

void routes::add_roots(std::string const& directory, look_request& to) const {
  if (auto const roots = roots_by_directory_.find(directory); roots != roots_by_directory_.end())
    to.roots.insert(roots->second.begin(), roots->second.end());
}

void routes::add_units(std::string const& subject, look_request& to) const {
  add_dependents(subject, to);
  auto const slash = subject.rfind('/');
  if (slash == std::string::npos) return;
  auto const directory = slash == 0 ? std::string("/") : subject.substr(0, slash);
  if (auto const units = units_by_directory_.find(directory); units != units_by_directory_.end())
    for (auto const& unit : units->second)
      to.entries[unit].insert(subject);
  add_roots(directory, to);
}

bool routes::is_polled(look_unit const& unit) const {
  if (unwatched_.empty()) return false;
  auto const is_unwatched = [this](std::string const& path) { return unwatched_.contains(path); };
  auto const own = needs_.find(unit);
  if (own != needs_.end() && std::any_of(own->second.begin(), own->second.end(), is_unwatched))
    return true;
  auto const above = roots_need_.find(unit.root);
  return above != roots_need_.end() &&
         std::any_of(above->second.begin(), above->second.end(), is_unwatched);
}

void routes::add_polled(look_request& to) const {
  for (auto const& [path, code] : unwatched_)
    add_dependents(path, to);
}

} // namespace cfgd::watchers
