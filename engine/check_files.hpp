#pragma once

#include "core/limits.hpp"
#include "engine/policy.hpp"
#include "engine/records.hpp"

#include <memory>
#include <vector>

namespace cfgd::engine {

/// What a daemon would make of a set of source files.
struct checked_files {
  /// One element for each rejected source; `now.why` has all issues.
  std::vector<source_transition> rejected;
  /// The warnings of schemas and rules about the accepted sources, and the notes on these sources.
  std::vector<issue> warnings;
  std::vector<effective> effectives;           ///< of all namespaces that the accepted sources make
  std::shared_ptr<policy const> active_policy; ///< the accepted schemas and rules
};

/// Checks source files with the code of the daemon, as if it started for the first time with only
/// these files. Needs no store and does no I/O: the caller reads and parses the files. Any thread.
/// Errors: bad_key (not a valid source file name). Rejected files are not errors.
[[nodiscard]] result<checked_files> check_files(file_change const& asked, limits const& bounds);

} // namespace cfgd::engine
