#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <string_view>

namespace cfgd {

/// The line and column of the byte at `offset` (clamped to the end).
place place_at(std::string_view text, std::size_t offset);

/// Checks that a whole file is text that cfgd reads: UTF-8 without a byte order mark, without
/// U+0000, U+FFFE, U+FFFF (Varlink clients choke on them).
/// Errors: parse, with the place.
[[nodiscard]] result<void> check_text(std::string_view text);

/// Whether a key part or a string may be kept: the same, and no byte order mark rule.
bool is_clean_text(std::string_view text);

} // namespace cfgd
