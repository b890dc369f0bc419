#pragma once

#include "core/key.hpp"

#include <string_view>

namespace cfgd::engine {

/// Parses a key of a stored record. Unlike key::parse it accepts any length: members of files may
/// be nested deeper, or have longer names, than what clients may request. Errors: bad_key.
[[nodiscard]] result<key> parse_stored_key(std::string_view text);

} // namespace cfgd::engine
