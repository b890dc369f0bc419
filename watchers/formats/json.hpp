#pragma once

#include "core/json.hpp"
#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Reads JSON (RFC 8259), or JSON with comments and trailing commas.
/// Errors: parse (with the place), limit ("file_depth", "file_elements").
[[nodiscard]] result<sourced_value>
read_json(std::string_view text, json::dialect kind, limits const& bounds,
          json::big_integers beyond_int64 = json::big_integers::refuse);

} // namespace cfgd::watchers::formats
