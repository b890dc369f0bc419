#pragma once

#include "store/layout.hpp"
#include "store/types.hpp"

namespace cfgd::store {

/// Who set each leaf of an existing namespace: the newest change that is kept and touches the leaf,
/// or if there is none, the topmost layer that sets it. Damaged changes are named and left out.
/// `in` must see the same state. Throws lmdb_error.
blamed_keys blame_leaves(layout const& records, lmdb::transaction& in,
                         namespace_state const& state);

} // namespace cfgd::store
