#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

/// Times and sizes as people write them in settings.
namespace cfgd::client {

/// "1h30m", "250ms", "1min 30s": whole numbers, each with a unit (us, ms, s, sec, m, min, h, d, w),
/// which are added up. A number without a unit is seconds. Absent: another text, or more than
/// fits.
[[nodiscard]] std::optional<std::chrono::microseconds> parse_duration(std::string_view text);

/// "10M", "512 KiB", "1GB", "4096": bytes. K, M, G, T, also with "iB", are powers of 1024; kB, KB,
/// MB, GB, TB powers of 1000. Absent: another text, or more than fits.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// A number of bytes: what value_as() reads with parse_size().
struct byte_size {
  std::uint64_t bytes = 0;
  friend bool operator==(byte_size const&, byte_size const&) = default;
};

} // namespace cfgd::client
