#pragma once

#include "core/error.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Times and durations as people write and read them. Times are RFC 3339, UTC, as the service's.
namespace cfgd::cfgctl {

using time_point = std::chrono::sys_time<std::chrono::milliseconds>;

/// "60s", "15m", "2h", "1d", "1h30m"; a plain number is seconds. More than zero, at most ten years.
/// Errors: bad_value.
[[nodiscard]] result<std::chrono::seconds> parse_duration(std::string_view text);

/// RFC 3339: "2026-11-23T10:36:32.123Z", any offset, any fraction.
std::optional<time_point> parse_time(std::string_view text);

/// "2026-11-23T10:36:32.123Z"
std::string time_text(time_point when);

/// A moment of the past: a time, a day ("2026-11-23", its beginning in UTC), or how long ago
/// ("2h", "2h-ago", "2h ago"). Given as RFC 3339. Errors: bad_value.
[[nodiscard]] result<std::string> parse_since(std::string_view text, time_point now);

/// The two largest units: "14m 59s", "1d 4h", "0s" for what is over.
std::string duration_text(std::chrono::seconds time);

} // namespace cfgd::cfgctl
