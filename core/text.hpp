#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace cfgd {

/// The line and column of the byte at `offset` (clamped to the end).
place place_at(std::string_view text, std::size_t offset);

/// Checks that a whole file is valid text: UTF-8 without a byte order mark and without U+0000,
/// U+FFFE and U+FFFF, which not all Varlink clients can read. Errors: parse, with the place of the
/// first fault.
[[nodiscard]] result<void> check_text(std::string_view text);

/// Whether a key part or a string can be stored: the same, but a byte order mark is allowed.
bool is_clean_text(std::string_view text);

/// What a text that is not clean contains, and what to do: "contains U+0000; remove it".
std::string text_fault(std::string_view text);

} // namespace cfgd
