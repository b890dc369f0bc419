#pragma once

#include "store/types.hpp"

#include <memory>
#include <vector>

namespace cfgd::store {

/// Describes what another process did to a store as if commit() had done it, from the model before,
/// the model after and the changes between them, oldest first. Returns one element for each
/// revision. The values between two of these revisions are not known, so the new value of a
/// namespace is in the element of the last change that touches it, and the sources are in the last
/// element.
std::vector<committed_change> describe_foreign(model const& before, model const& after,
                                               std::vector<std::shared_ptr<change const>> changes);

} // namespace cfgd::store
