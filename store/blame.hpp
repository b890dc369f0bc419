#pragma once

#include "store/layout.hpp"
#include "store/types.hpp"

#include <vector>

namespace cfgd::store {

/// Who gave each leaf of an existing namespace its value, in key order: the newest change that is
/// kept and touches it or, where there is none, the layer that says it. `in` must see the state.
/// Throws lmdb_error.
std::vector<blamed_key> blame_leaves(layout const& records, lmdb::transaction& in,
                                     namespace_state const& state);

} // namespace cfgd::store
