#pragma once

#include "call_error.hpp"

#include <string>
#include <string_view>

namespace cfgd::client {

/// Where the service listens by default.
inline constexpr std::string_view default_socket = "/run/cfgd/io.cfgd";

/// The path of the service's socket: `given` if it is not empty, else $CFGD_SOCKET if that is set
/// and not empty, else default_socket. Accepts "PATH", "unix:PATH" and "unix:PATH;options".
/// Reads the environment: not while another thread changes it.
/// Errors: unreachable (the path is empty or longer than 107 bytes, see unix(7), or the address is
/// of another kind).
[[nodiscard]] result<std::string> socket_path(std::string_view given = {});

} // namespace cfgd::client
