#pragma once

#include "core/error.hpp"

#include <string>
#include <vector>

/// The forms in which `cfgctl set` takes keys and values.
namespace cfgd::cfgctl {

/// Every word as KEY=VALUE: two words KEY VALUE become one, and the values - and @FILE are replaced
/// by the text of standard input and of the file, without the newline at its end. Errors:
/// bad_value, and as read_text.
[[nodiscard]] result<std::vector<std::string>> whole_assignments(std::vector<std::string> words);

/// Reads a line from the terminal, which does not show it. `key` is what it is for. Errors:
/// bad_value (no terminal, or nothing was entered).
[[nodiscard]] result<std::string> read_secret(std::string const& key);

} // namespace cfgd::cfgctl
