#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What somebody may have meant.
namespace cfgd::cfgctl {

/// The word of `known` that is written almost like `word`: with a few letters exchanged, missing,
/// added or swapped, or as its beginning. Absent if there is none, or if it is the same word.
std::optional<std::string> nearest(std::string_view word, std::vector<std::string> const& known);

/// " (did you mean 'site'?)", or nothing.
std::string did_you_mean(std::string_view word, std::vector<std::string> const& known);

/// "a, b, c"
std::string listed(std::vector<std::string> const& words);

} // namespace cfgd::cfgctl
