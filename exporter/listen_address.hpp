#pragma once

#include "core/error.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string_view>

namespace cfgd::exporter {

enum class reach : std::uint8_t {
  loopback, ///< this machine alone
  network,
};

/// "127.0.0.1:9718", "[::1]:9718"; port 0 is any that is free. No names, they would have to be
/// looked up.
/// Errors: bad_value, denied (not a loopback address, and `allowed` is loopback).
[[nodiscard]] result<boost::asio::ip::tcp::endpoint> parse_listen_address(std::string_view text,
                                                                          reach allowed);

} // namespace cfgd::exporter
