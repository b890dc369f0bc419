#pragma once

#include "core/error.hpp"
#include "core/time.hpp"

#include <chrono>
#include <string>
#include <string_view>

/// Durations and moments of the past as people write and read them. core/time.hpp has RFC 3339.
namespace cfgd::cfgctl {

/// "60s", "15m", "2h", "1d", "1h30m"; a plain number is seconds. More than zero, at most ten years.
/// Errors: bad_value.
[[nodiscard]] result<std::chrono::seconds> parse_duration(std::string_view text);

/// A moment of the past: a time, a day ("2026-11-23", its beginning in UTC), or how long ago
/// ("2h", "2h-ago", "2h ago"). Given as RFC 3339. Errors: bad_value.
[[nodiscard]] result<std::string> parse_since(std::string_view text, wall_time now);

/// The two largest units: "14m 59s", "1d 4h", "0s" for what is over.
std::string duration_text(std::chrono::seconds time);

} // namespace cfgd::cfgctl
