#pragma once

#include "core/document.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/source.hpp"
#include "watchers/safe_open.hpp"
#include "watchers/source_watcher.hpp"
#include "watchers/watch_table.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <variant>
#include <vector>

namespace cfgd::watchers {

/// A unit is one directory that is looked at as a whole: the directory of a root, or a NAME.d in
/// it.
struct look_unit {
  std::size_t root = 0;
  std::string name; ///< empty: the directory of the root itself

  friend bool operator==(look_unit const&, look_unit const&) = default;
  friend bool operator<(look_unit const& left, look_unit const& right) {
    return std::tie(left.root, left.name) < std::tie(right.root, right.name);
  }
};

/// What one look has to visit.
struct look_request {
  bool whole = false;          ///< all units
  std::set<std::size_t> roots; ///< all units of these roots
  std::set<look_unit> units;   ///< all of these units
  /// Real paths with events, by unit that depends on their directories. Only these entries are
  /// looked at, unless others may depend on them.
  std::map<look_unit, std::set<std::string>> entries;
  /// Real paths of files that are skipped because they still settle.
  std::unordered_set<std::string> skip;
  /// Sources to be read even if stat(2) shows no change.
  std::vector<source_id> again;
  /// Watches that the kernel has removed.
  std::vector<int> lost_watches;
  source_watcher::depth how_far = source_watcher::depth::changed;
  /// Nothing is found, reported or watched: files among `entries` that have changed are read and
  /// parsed for the next look, which uses what it finds unchanged.
  bool is_ahead = false;
};

/// What has changed about a source since the last finding about it.
struct finding {
  struct absent {};
  struct unstable {}; ///< changed while it was read
  struct mask {};     ///< a link to /dev/null: files of this name in lower layers do not count

  source_id id;
  std::string location; ///< real path, without links; may be empty for a dangling link
  bool linked = false;  ///< the source is reached through a link
  file_identity identity;
  /// monostate: only the location has changed.
  std::variant<std::monostate, whole_file, error, absent, unstable, mask> what;
  /// What read_source() returns for the bytes, if they were read ahead.
  std::optional<result<sourced_document>> document = {};
};

/// Files in a unit whose names are not those of sources, with their sizes.
using other_files = std::map<std::string, std::uint64_t>;

/// What one look found, and what changed in the set of watched directories.
struct look_result {
  std::vector<finding> findings;
  std::vector<watched_directory> watches; ///< those that have changed
  /// The directories inside the root that a unit depends on, for units where they have changed.
  /// Empty: the unit no longer exists.
  std::map<look_unit, std::set<std::string>> unit_directories;
  /// The directories on the way to a root, for roots where they have changed.
  std::map<std::size_t, std::set<std::string>> root_directories;
  std::map<look_unit, other_files> others; ///< for units where they have changed
  std::map<std::string, int> unwatched;    ///< all directories that cannot be watched, with errno
  std::size_t watch_count = 0;
  std::size_t reads = 0;
  std::size_t ignored_files = 0; ///< beyond limits::source_files
};

/// Does looks at directories of sources: lists them, stats the files, reads what has changed, and
/// watches every directory before it reads it. Blocking calls; one thread at a time.
class looker {
 public:
  /// `kernel` may be null: then nothing is watched. It must outlive the looker.
  looker(source_watcher::options const& how, std::vector<known_source> const& known,
         inotify const* kernel);

  /// Findings are in the order of the roots. Failures are findings; throws std::bad_alloc only.
  look_result look(look_request const& what);

 private:
  struct entry {
    file_identity identity; ///< zero: must be read
    bool certain = true;
    bool masks = false; ///< it is a link to /dev/null
    std::optional<error> blocked;
    std::string location;
  };
  struct unit {
    std::map<std::string, entry, std::less<>> files; ///< by name in the directory
    other_files others;
    file_identity directory;
    bool linked = false;
    bool has_links = false; ///< some of its files are links: they may depend on any entry
    std::set<std::string> directories;
    /// The directory that all of it was found in by the last look; no path: it has to be looked at
    /// as a whole.
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
  };
  struct root {
    source_root what;
    std::string path; ///< as given, without a slash at the end
    std::map<std::string, unit, std::less<>> units;
    std::set<std::string> above;
  };
  /// One look at one unit.
  struct visit;
  struct candidate;

  /// What was read ahead of a look.
  struct ahead {
    whole_file file;
    result<sourced_document> document;
  };

  struct blockage {
    file_identity identity;
    std::string location;
    error why;
  };

  bool wants(std::size_t index, std::string const& name) const;
  bool wants_all(look_unit const& which) const;
  walker way_of(visit& now);
  void read_again(source_id const& id);
  void look_at_root(std::size_t index);
  [[nodiscard]] result<std::vector<std::string>> changed_parts(root const& top,
                                                               directory const& here) const;
  void look_at_subdirectory(std::size_t index, directory_ptr const& top, std::string const& name);
  void look_at_unit(visit& now, directory_ptr const& here);
  void look_at_all(visit& now, directory_ptr const& here);
  std::optional<std::vector<std::string>> entries_alone(visit const& now,
                                                        directory const& here) const;
  look_result look_ahead(look_request const& what);
  std::size_t read_ahead(look_unit const& which);
  std::size_t read_ahead(visit const& now, directory const& here, std::string const& name);
  std::optional<ahead> take_ahead(source_id const& id, file_identity const& identity);
  void look_at_entry(visit& now, directory_ptr const& here, std::string const& name);
  void look_at_file(visit& now, directory_ptr const& here, std::string const& name);
  [[nodiscard]] result<candidate> find_candidate(visit& now, directory_ptr const& here,
                                                 std::string const& name);
  bool is_mask(directory const& here, std::string const& name, struct stat const& info) const;
  void report_mask(entry& known, source_id const& id, std::string const& own,
                   file_identity const& identity);
  void note_others(visit& now, directory const& here, std::vector<std::string> names);
  void note_other(visit& now, directory const& here, std::string const& name);
  static std::optional<std::uint64_t> size_of_other(visit const& now, directory const& here,
                                                    std::string const& name);
  void replace_others(visit& now, other_files newest);
  void block(entry& known, source_id const& id, std::string const& own, blockage what);
  void block_files(visit& now, error const& why);
  void block_unit(std::size_t index, std::string const& name, error const& why);
  void report_absent(visit& now, std::vector<std::string> const& present,
                     std::string const& directory);
  bool forget(visit const& now, std::string const& name, entry const& known,
              std::string const& directory);
  void close_unit(visit& now);
  void report(source_id id, entry const& known, std::string const& own,
              decltype(finding::what) what);

  source_watcher::options how_;
  trust trusted_;
  std::vector<root> roots_;
  watch_table watches_;
  std::size_t file_count_ = 0;
  std::size_t others_count_ = 0;
  std::map<source_id, ahead> ahead_; ///< for the next look
  std::size_t ahead_bytes_ = 0;      ///< of all of its files

  look_request const* request_ = nullptr; ///< during look()
  look_result* result_ = nullptr;
};

} // namespace cfgd::watchers
