#pragma once

#include "core/limits.hpp"
#include "engine/records.hpp"

#include <vector>

namespace cfgd::engine {

/// What sources come to, were they all that there is.
struct trial {
  /// One for each source that was refused; `now.why` has all issues.
  std::vector<source_transition> refused;
  /// What rules and schemas say of the rest and let pass.
  std::vector<issue> warnings;
  std::vector<effective> effectives;
};

/// Judges sources as a daemon would that finds them at its first start, by the same code and
/// without a store. Errors: bad_key (a name that is none of a source).
[[nodiscard]] result<trial> try_sources(file_change const& asked, limits const& bounds);

} // namespace cfgd::engine
