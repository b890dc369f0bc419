#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Refuses TOML that would cost toml++ its stack, much memory or much time, before it sees it; any
/// other text passes, valid or not. Counts never exceed what the document really has.
/// Errors: limit ("file_depth", "file_elements"), with the place.
[[nodiscard]] result<void> check_toml_size(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers::formats
