#pragma once

#include "cfgctl/offline/source_tree.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace cfgd::cfgctl::offline {

struct check_question {
  /// The tree to check, and where files that lie in none are judged.
  source_tree where;
  /// Files, and directories that are trees; none: all of `where`.
  std::vector<std::string> named;
};

struct check_outcome {
  /// By path and place, none twice.
  std::vector<issue> findings;
  /// Files and directories that cannot be read; `subject` is the path.
  std::vector<error> unreadable;
  std::size_t files = 0;

  std::size_t count(severity how) const;
};

/// Judges sources as a daemon would that finds them at its first start. Of named files only what
/// concerns them is told. `progressed` is called for each file that was read.
/// Errors: bad_key (a file's name is none of a source), not_found (no such file or tree), limit
/// ("source_files").
[[nodiscard]] result<check_outcome>
check(check_question const& asked,
      std::function<void(std::size_t done, std::size_t total)> const& progressed);

} // namespace cfgd::cfgctl::offline
