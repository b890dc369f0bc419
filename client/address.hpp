#pragma once

#include "call_error.hpp"

#include <string>
#include <string_view>

namespace cfgd::client {

/// Where the service listens unless told otherwise.
inline constexpr std::string_view default_socket = "/run/cfgd/io.cfgd";

/// The path of the service's socket: `given` if it is not empty, else $CFGD_SOCKET if that is set
/// and not empty, else default_socket. "unix:PATH" and "unix:PATH;options" are taken as well as
/// "PATH". Errors: unreachable (no path that sun_path can hold, unix(7), or an address of another
/// kind).
[[nodiscard]] result<std::string> socket_path(std::string_view given = {});

} // namespace cfgd::client
