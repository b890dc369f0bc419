#pragma once

#include <boost/json/fwd.hpp>

#include <optional>
#include <string_view>

/// Values in formats without types: .ini, .env, environment variables, `cfgctl set KEY=VALUE`.
namespace cfgd {

/// The value of a token. It is null, a boolean or a number only if json::append_canonical() writes
/// that value as exactly this text: so writing the value gives the token back. Every other text is
/// a string: 1.10, 00123, +1, 1e400, True, 12345678901234567890.
boost::json::value value_of_text(std::string_view text);

/// The number that a text is in the grammar of JSON (RFC 8259, section 6), if int64 or double can
/// keep it: also 1.10 and 1e3, but not 00123. For a token where a schema asks for a number.
std::optional<boost::json::value> number_of_text(std::string_view text);

/// Why a text that is a number in the grammar of JSON is not one for cfgd, as the readers of all
/// formats say it; empty: it is one, or it is not written as a number.
std::string_view number_range_fault(std::string_view text);

inline constexpr std::string_view integer_range_message =
    "the integer is out of the range of int64";
inline constexpr std::string_view double_range_message =
    "the number is out of the range of a double";

} // namespace cfgd
