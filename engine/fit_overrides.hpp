#pragma once

#include "engine/model.hpp"
#include "engine/overrides.hpp"

#include <string_view>

namespace cfgd::engine {

/// Edits the override layer of a namespace so that its effective value becomes `wanted`, a
/// canonical text (empty: no leaf). Overrides of leaves that do not differ stay, with their origin;
/// no override is added where the layers below give the wanted value already. New overrides are set
/// by `by`.
///
/// Returns whether the effective value is the wanted one now. Every value can be reached, so false
/// is a bug; the layer is half edited then and must not be used.
[[nodiscard]] bool fit_overrides(override_editor& edit, namespace_state const& state,
                                 std::string_view wanted, override_origin const& by);

} // namespace cfgd::engine
