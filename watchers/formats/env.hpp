#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::watchers::formats {

/// Reads lines of `NAME=value`, optionally with `export ` before them; split_variable() splits the
/// names. A value in single quotes is the text between them; in double quotes the escapes \n \t \"
/// \\ \$ \` are replaced, and the value may go on in further lines; both are strings.
/// read_variable() reads a value without quotes. Nothing is expanded. A comment begins with `#` at
/// the start of a line or after a blank or a closing quote. Errors: parse (with the place), limit
/// ("file_depth", "file_elements").
[[nodiscard]] result<sourced_value> read_env(std::string_view text, limits const& bounds);

/// FEATURE_FLAGS__NEW_CHECKOUT is {"feature_flags", "new_checkout"}: lower case, split at two
/// underscores. nullopt if a part is empty.
std::optional<std::vector<std::string>> split_variable(std::string_view name);

} // namespace cfgd::watchers::formats
