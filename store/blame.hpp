#pragma once

#include "store/layout.hpp"
#include "store/types.hpp"

#include <vector>

namespace cfgd::store {

/// Who set each leaf of an existing namespace, in key order: the newest change that is kept and
/// touches the leaf, or if there is none, the topmost layer that sets it. `in` must see the same
/// state. Throws lmdb_error.
std::vector<blamed_key> blame_leaves(layout const& records, lmdb::transaction& in,
                                     namespace_state const& state);

} // namespace cfgd::store
