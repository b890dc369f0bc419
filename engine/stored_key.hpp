#pragma once

#include "core/key.hpp"

#include <string_view>

namespace cfgd::engine {

/// A key of the store's own. Unlike key::parse it takes one of any length: files may name members
/// that lie deeper, or have longer names, than what can be asked for.
/// Errors: bad_key.
[[nodiscard]] result<key> parse_stored_key(std::string_view text);

} // namespace cfgd::engine
