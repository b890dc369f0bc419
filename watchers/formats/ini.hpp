#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Reads lines of `[section]` and `key = value`. A line that begins with `;` or `#` is a comment.
/// Names are dotted; a part in quotes is a TOML quoted key, any other part is the text up to the
/// next dot. A value that is a JSON number, true, false or a JSON string is read as such; any other
/// value is the text without the blanks around it. A section may appear several times, a key only
/// once. Errors: parse (with the place), limit ("file_depth", "file_elements").
[[nodiscard]] result<sourced_value> read_ini(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers::formats
