#pragma once

#include "watchers/inotify.hpp"
#include "watchers/safe_open.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::watchers {

/// A watched directory and which of its entries are relevant.
struct watched_directory {
  std::string path;
  int watch = -1;
  bool all_names = false;      ///< else only `names` are relevant
  std::set<std::string> names; ///< the next components of the paths that lead through it
};

/// The watched directories by path. Adds and removes inotify watches so that exactly the
/// directories that looks visit are watched. Used by the looking thread only.
class watch_table {
 public:
  /// `kernel` may be null: then every directory fails with EMFILE. It must outlive the table.
  /// `maximum` is limits::watched_directories; beyond it directories fail with EDQUOT.
  watch_table(inotify const* kernel, std::size_t maximum) : kernel_(kernel), maximum_(maximum) {}
  ~watch_table() = default;
  watch_table(watch_table const&) = delete;
  watch_table& operator=(watch_table const&) = delete;

  /// Watches a directory that a look goes through. `name`: only that entry is relevant; empty: all
  /// are. If the path is another directory than before, the watch is replaced.
  void visit(directory const& where, std::string_view name);

  /// The kernel has removed this watch.
  void forget(int watch);

  /// Begin and end a look at everything: directories that were not visited in between are
  /// unwatched.
  void begin_whole();
  void end_whole();

  /// Entries that have changed since the last call; one with watch -1 is no longer watched.
  std::vector<watched_directory> take_changes();

  /// The errno value of the failure to watch the directory; nullopt: it is watched.
  std::optional<int> failure(std::string const& path) const;
  /// All failures by path. Valid until the next visit().
  std::map<std::string, int> const& failures() const { return failures_; }
  std::size_t size() const { return watched_.size(); }

 private:
  struct entry {
    watched_directory what;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool visited = false;
  };

  int add(directory const& where, bool all_names);
  void drop(std::string const& path);

  inotify const* kernel_;
  std::size_t maximum_;
  std::map<std::string, entry, std::less<>> watched_;
  std::map<std::string, int> failures_;
  std::set<std::string> changed_;
};

} // namespace cfgd::watchers
