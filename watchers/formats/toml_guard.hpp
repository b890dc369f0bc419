#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Rejects TOML that would overflow the stack of toml++ or take much memory or time, before it is
/// parsed. Accepts any other text, valid or not. Never counts more than the document has.
/// Errors: limit ("file_depth", "file_elements"), with the place.
[[nodiscard]] result<void> check_toml_size(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers::formats
