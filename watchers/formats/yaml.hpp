#pragma once

#include "core/json.hpp"
#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Reads one YAML document with the types of the core schema of YAML 1.2; names are strings as
/// written, and merge keys ("<<") are applied. No document, or an empty one, is null. These are
/// errors: several documents, names that are not scalars, duplicate names, tags that the core
/// schema does not have, aliases of unknown or unfinished nodes, and what libyaml misreads
/// (yaml_guard.hpp). What YAML 1.1 reads otherwise is noted. Errors: parse (with the place), limit
/// ("file_depth", "file_elements"; "file_bytes" for bytes that aliases copy).
[[nodiscard]] result<sourced_value>
read_yaml(std::string_view text, limits const& bounds,
          json::big_integers beyond_int64 = json::big_integers::refuse);

} // namespace cfgd::watchers::formats
