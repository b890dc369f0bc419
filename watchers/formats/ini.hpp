#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <string_view>

namespace cfgd::watchers::formats {

/// Lines of `[section]` and `key = value`; `;` and `#` begin a comment that takes the whole line.
/// Names are dotted; a part in quotes is a TOML quoted key, any other part is the text up to the
/// next dot. A value that JSON would read as a number, true, false or a string in quotes is one;
/// every other value is the text without the blanks around it. A section may be opened again, a key
/// not. Errors: parse (with the place), limit ("file_depth", "file_elements").
[[nodiscard]] result<sourced_value> read_ini(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers::formats
