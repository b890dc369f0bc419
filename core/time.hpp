#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd {

/// A moment of the wall clock in milliseconds since 1970 UTC: what records, replies and the log
/// show. Durations and timeouts use std::chrono::steady_clock instead.
///
/// Wherever a time is finer than a millisecond it is rounded down: here, in wall_now() and in
/// parse_rfc3339(). As both sides of a comparison are rounded the same way, a change that was made
/// at or after T is always found when somebody asks for changes since T.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// The present, rounded down to a millisecond. It may go back when the clock is set.
inline wall_time wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// RFC 3339, UTC, always with three digits of a second: 2026-11-23T07:23:48.123Z. For the years 0
/// to 9999.
std::string to_rfc3339(wall_time when);

/// Reads a time of RFC 3339 with any offset and any number of digits of a second, which are rounded
/// down to a millisecond. A lower-case "t" and "z" and a blank for the "T" are accepted, as the RFC
/// allows. A leap second (":60") is the second after it. Absent: the text is not such a time, or
/// the time is outside the years 1 to 9999.
std::optional<wall_time> parse_rfc3339(std::string_view text);

/// Reads the date of RFC 3339, "2026-11-23", and returns its beginning in UTC. Absent: the text is
/// not such a date, or its year is 0.
std::optional<wall_time> parse_date(std::string_view text);

} // namespace cfgd
