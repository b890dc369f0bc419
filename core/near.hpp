#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What somebody may have meant. No I/O; any thread.
namespace cfgd {

/// The word of `known` that is written almost like `word`: with at most `most` letters exchanged,
/// missing, added or swapped, fewer in short words, or as its beginning. Absent if there is none,
/// or if it is the same word.
std::optional<std::string> nearest(std::string_view word, std::vector<std::string> const& known,
                                   std::size_t most = 3);

/// " (did you mean 'site'?)", or nothing.
std::string did_you_mean(std::string_view word, std::vector<std::string> const& known,
                         std::size_t most = 3);

/// "a, b, c"
std::string listed(std::vector<std::string> const& words);

} // namespace cfgd
