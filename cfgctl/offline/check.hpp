#pragma once

#include "cfgctl/offline/source_tree.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace cfgd::cfgctl::offline {

struct check_question {
  /// The tree to check, and for files outside any tree.
  source_tree where;
  /// Files, and directories that are trees; none: all of `where`.
  std::vector<std::string> named;
};

struct check_outcome {
  /// By path and place, without duplicates.
  std::vector<issue> findings;
  /// Files and directories that cannot be read; `subject` is the path.
  std::vector<error> unreadable;
  std::size_t files = 0;

  std::size_t count(severity how) const;
};

/// Validates sources as a daemon does at its first start. If files are named, only issues that
/// concern them are returned. `progressed` is called for each file that was read.
/// Errors: bad_key (not the name of a source), not_found (no such file or tree), limit
/// ("source_files").
[[nodiscard]] result<check_outcome>
check(check_question const& asked,
      std::function<void(std::size_t done, std::size_t total)> const& progressed);

} // namespace cfgd::cfgctl::offline
