#pragma once

#include "engine/model.hpp"
#include "engine/overrides.hpp"

#include <string_view>

namespace cfgd::engine {

/// Edits the override layer of a namespace until its layers give what a canonical text says; empty:
/// no leaf. Overrides that have nothing to do with leaves that differ stay, and who set them; none
/// is made where the layers below give the value by themselves. Returns whether it is so; if not,
/// that is a bug.
[[nodiscard]] bool reach(override_edit& edit, namespace_state const& state, std::string_view wanted,
                         override_origin const& by);

} // namespace cfgd::engine
