#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/source.hpp"
#include "engine/records.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Trees of sources on the disk, read without the daemon.
namespace cfgd::cfgctl::offline {

/// The directories of two layers. Each has namespaces/, schemas/ and rules/ in it.
struct source_tree {
  std::filesystem::path vendor; ///< empty: none
  std::filesystem::path etc;    ///< empty: none
};

source_tree system_tree();
/// DIR of `cfgd --root DIR`.
source_tree tree_of_root(std::filesystem::path const& root);

/// The place of a file in a tree, by its path alone: the directory above namespaces/, schemas/ or
/// rules/, the kind of source, and the path below that directory.
struct place_in_tree {
  std::filesystem::path base;
  source_kind what = source_kind::values;
  std::string relative;
};
/// Absent: it is in no such directory.
std::optional<place_in_tree> find_place_in_tree(std::filesystem::path const& file);

/// The tree of a directory that has namespaces/, schemas/ or rules/, and the layer of the
/// directory. `known` is preferred if the directory belongs to it.
struct tree_around {
  source_tree where;
  layer is = layer::admin;
};
tree_around find_tree_around(std::filesystem::path const& base, source_tree const& known);

/// The tree that a directory means: one of `cfgd --root`, one that has namespaces/, schemas/ or
/// rules/, or one of these. Errors: not_found (none of that, or no directory).
[[nodiscard]] result<source_tree> tree_of_directory(std::filesystem::path const& directory,
                                                    source_tree const& known);

/// A source and the path to it.
struct listed_source {
  source_id id;
  std::string path;
};
struct tree_listing {
  std::vector<listed_source> sources;
  /// Files that are ignored because of their names, or cannot be sources.
  std::vector<issue> remarks;
  /// Directories that cannot be read; `subject` is the path.
  std::vector<error> unreadable;
};
/// In the order of the layers, by name. Files that a higher layer masks are left out.
tree_listing list_sources(source_tree const& where);

/// Reads a source as a daemon would. Errors: io (the file cannot be read).
[[nodiscard]] result<engine::source_update> read_update(listed_source const& which,
                                                        limits const& bounds);

} // namespace cfgd::cfgctl::offline
