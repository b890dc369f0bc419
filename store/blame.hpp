#pragma once

#include "store/layout.hpp"
#include "store/types.hpp"

#include <string_view>

namespace cfgd::store {

/// Who set each leaf of a namespace: the newest change that is kept and touches the leaf,
/// or if there is none, the topmost layer that sets it. Damaged changes are named and left out.
/// `in` must see the state of `now`, or a later one. Errors: not_found (no such namespace). Throws
/// lmdb_error.
[[nodiscard]] result<blamed_keys> blame_namespace(layout const& records, lmdb::transaction& in,
                                                  model const& now, std::string_view name_space);

} // namespace cfgd::store
