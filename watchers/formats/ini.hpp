#pragma once

#include "watchers/formats/document_builder.hpp"
#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Reads lines of `[section]` and `key = value` or `key: value`. A line that begins with `;` or `#`
/// is a comment. A line that is indented deeper than its key continues the value. In a section's
/// name dots separate parts, and `[section "sub.name"]` has two; the name of a key is one part
/// unless a comment `; cfgd: dots-nest` before the first section or key says that dots separate. A
/// value in quotes is a string, any other value is read by value_of_text() of core/untyped.hpp. A
/// section may appear several times.
/// Errors: parse (with the place), limit ("file_depth", "file_elements").
[[nodiscard]] result<sourced_value> read_ini(std::string_view text, limits const& bounds,
                                             repeated_keys repeated = repeated_keys::are_refused);

} // namespace cfgd::watchers::formats
