#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// One YAML document, typed by the core schema of YAML 1.2; names are taken as they are written.
/// No document, or an empty one, is null. Refused are: several documents, names that are no
/// scalars, duplicate names, the merge key "<<", tags beyond the core ones, aliases of what is not
/// (yet) there. Errors: parse (with the place), limit ("file_depth", "file_elements"; "file_bytes"
/// for what aliases multiply).
[[nodiscard]] result<sourced_value> read_yaml(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers::formats
