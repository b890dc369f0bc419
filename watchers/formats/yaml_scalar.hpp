#pragma once

#include "core/error.hpp"

#include <boost/json/fwd.hpp>

#include <string_view>

namespace cfgd::watchers::formats {

/// What a plain scalar means in the core schema of YAML 1.2.2 (section 10.3.2): null, booleans,
/// integers (decimal, 0o, 0x), floats, else a string.
/// Errors: parse without a place, for numbers that JSON or int64 cannot hold.
[[nodiscard]] result<boost::json::value> resolve_plain(std::string_view text);

/// What a scalar with an explicit tag means. `tag` is the whole one, "tag:yaml.org,2002:int".
/// Errors: parse without a place: an unknown tag, or a text that is not of its type.
[[nodiscard]] result<boost::json::value> resolve_tagged(std::string_view tag,
                                                        std::string_view text);

} // namespace cfgd::watchers::formats
