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

/// What a watched directory is for, as the receiver of its events must know it.
struct watched_directory {
  std::string path;
  int watch = -1;
  bool all_names = false;      ///< else only `names` matter
  std::set<std::string> names; ///< components of ways that lead through it
};

/// Which directories are watched, by path; keeps the kernel's watches in step with what looks
/// visit. Used by one thread, the one that looks.
class watch_table {
 public:
  /// Without `kernel` nothing can be watched (errno is EMFILE).
  watch_table(inotify const* kernel, std::size_t maximum) : kernel_(kernel), maximum_(maximum) {}
  ~watch_table() = default;
  watch_table(watch_table const&) = delete;
  watch_table& operator=(watch_table const&) = delete;

  /// Says that a look goes through the directory. `name`: only that entry matters; empty: all do.
  /// A path that is another directory by now gets another watch.
  void visit(directory const& where, std::string_view name);

  /// What the kernel has dropped by itself.
  void forget(int watch);

  /// Begins and ends a look at everything: what was not visited in between is not watched any more.
  void begin_whole();
  void end_whole();

  /// Entries that have changed since the last call; an entry with watch -1 is watched no longer.
  std::vector<watched_directory> take_changes();

  /// Why the directory is not watched (an errno value), if it is not.
  std::optional<int> failure(std::string const& path) const;
  /// The failures by path.
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
