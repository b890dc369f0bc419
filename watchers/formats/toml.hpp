#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Reads TOML 1.0.0. Dates and times become strings in the form of RFC 3339. Members are in the
/// order of the text. inf and nan are errors. Errors: parse (with the place), limit ("file_depth",
/// "file_elements").
[[nodiscard]] result<sourced_value> read_toml(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers::formats
