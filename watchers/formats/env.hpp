#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::watchers::formats {

/// Lines of `NAME=value`, `export ` before them allowed; names as split_variable reads them. A
/// value in single quotes is the text between them, one in double quotes knows the escapes \n \t \"
/// \\ \$, both are strings; one without quotes is what read_variable makes of it. Nothing is
/// expanded. A line that begins with `#` is a comment, and so is what follows a `#` behind a blank
/// or a quote. Errors: parse (with the place), limit ("file_depth", "file_elements").
[[nodiscard]] result<sourced_value> read_env(std::string_view text, limits const& bounds);

/// FEATURE_FLAGS__NEW_CHECKOUT is {"feature_flags", "new_checkout"}: lower case, two underscores
/// part. Absent if a part is empty.
std::optional<std::vector<std::string>> split_variable(std::string_view name);

} // namespace cfgd::watchers::formats
