#pragma once

#include "core/limits.hpp"
#include "engine/records.hpp"

#include <vector>

namespace cfgd::engine {

/// What a daemon would make of a set of source files.
struct checked_files {
  /// One element for each rejected source; `now.why` has all issues.
  std::vector<source_transition> rejected;
  /// The warnings of schemas and rules about the accepted sources.
  std::vector<issue> warnings;
  std::vector<effective> effectives;
};

/// Checks source files as a daemon would at its first start with nothing else, with the same code
/// and without a store. Errors: bad_key (not a valid source file name).
[[nodiscard]] result<checked_files> check_files(file_change const& asked, limits const& bounds);

} // namespace cfgd::engine
