#pragma once

#include "store/types.hpp"

#include <memory>
#include <vector>

namespace cfgd::store {

/// Tells what another process did to a store, from what was and what is and the changes between,
/// oldest first; one element a revision. Values between two of its revisions are not known, so each
/// namespace stands with the last change that touches it, and every source with the last of all.
std::vector<committed_change> describe_foreign(model const& before, model const& after,
                                               std::vector<std::shared_ptr<change const>> changes);

} // namespace cfgd::store
