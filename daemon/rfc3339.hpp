#pragma once

#include "core/change.hpp"

#include <optional>
#include <string_view>

namespace cfgd {

/// Reads a time as RFC 3339 has it, "2026-11-23T07:23:48.123Z", with any offset and any number of
/// digits of a second; what is finer than a millisecond is rounded up. A leap second is the second
/// behind it. Absent: it is none, or lies beyond the years 1 to 9999.
std::optional<wall_time> parse_rfc3339(std::string_view text);

} // namespace cfgd
