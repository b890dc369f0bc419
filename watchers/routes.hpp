#pragma once

#include "watchers/look.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cfgd::watchers {

/// Maps an inotify event to the units that have to be looked at: the paths that the event concerns,
/// and the units that depend on these paths. apply() updates it from the result of each look. It
/// does no I/O. Not thread-safe.
class routes {
 public:
  /// Takes over the watches and the dependencies that a look found. Call it for every look, in
  /// order.
  void apply(look_result const& result);

  /// Whether a look has reported this watch.
  bool knows(int watch) const { return directories_.contains(watch); }
  /// The directories of a watch: one, or several where bind mounts show the same directory.
  std::vector<std::string> directories(int watch) const;
  /// The real paths that an event concerns; empty if the entry is not relevant to any unit.
  std::vector<std::string> subjects(kernel_event const& event) const;
  void forget(int watch) { directories_.erase(watch); }

  /// Adds to the request the units that depend on the path, and the path for the units that depend
  /// on its directory.
  void add_units(std::string const& subject, look_request& to) const;
  /// Whether the unit depends on a directory that is not watched.
  bool is_polled(look_unit const& unit) const;
  bool has_unwatched() const { return !unwatched_.empty(); }
  /// Adds to the request the units that depend on directories that are not watched.
  void add_polled(look_request& to) const;

 private:
  void add_dependents(std::string const& directory, look_request& to) const;
  void add_roots(std::string const& directory, look_request& to) const;

  std::unordered_map<int, std::vector<watched_directory>> directories_; ///< by watch
  std::unordered_map<std::string, int> watches_;                        ///< by path
  std::map<look_unit, std::set<std::string>> needs_;
  std::map<std::size_t, std::set<std::string>> roots_need_;
  std::unordered_map<std::string, std::set<look_unit>> units_by_directory_;
  std::unordered_map<std::string, std::set<std::size_t>> roots_by_directory_;
  std::map<std::string, int> unwatched_;
};

} // namespace cfgd::watchers
