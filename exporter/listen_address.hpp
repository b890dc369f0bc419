#pragma once

#include "core/error.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string_view>

namespace cfgd::exporter {

/// Whether an address that other machines can reach is accepted.
enum class remote : std::uint8_t { forbidden, allowed };

/// Parses "127.0.0.1:9718" or "[::1]:9718"; port 0 is any free port. Host names are not accepted:
/// they would need a lookup.
/// Errors: bad_value; denied (not a loopback address, and `allowed` is forbidden).
[[nodiscard]] result<boost::asio::ip::tcp::endpoint> parse_listen_address(std::string_view text,
                                                                          remote allowed);

} // namespace cfgd::exporter
