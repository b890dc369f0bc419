#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// Numbers for people.
namespace cfgd::cfgctl {

/// "100,000"
std::string grouped(std::uint64_t number);

/// "4 MiB", "3.4 MiB", "512 bytes"
std::string bytes_text(std::uint64_t bytes);

/// Three digits: "0", "0.4", "12", "1.2k", "34M". "-" for a negative number and NaN.
std::string short_number(double number);

/// "250 us", "1.5 ms", "20 ms", "3.2 s", "0"
std::string latency_text(std::chrono::duration<double> time);

/// In the largest unit that divides it: "500 ms", "30 s", "10 min", "24 h".
std::string whole_text(std::chrono::milliseconds time);

} // namespace cfgd::cfgctl
