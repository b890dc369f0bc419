#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Reads one YAML document with the types of the core schema of YAML 1.2; names are strings as
/// written. No document, or an empty one, is null. These are errors: several documents, names that
/// are not scalars, duplicate names, the merge key "<<", tags that the core schema does not have,
/// aliases of unknown or unfinished nodes. Errors: parse (with the place), limit ("file_depth",
/// "file_elements"; "file_bytes" for bytes that aliases copy).
[[nodiscard]] result<sourced_value> read_yaml(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers::formats
