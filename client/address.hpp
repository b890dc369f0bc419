#pragma once

#include "call_error.hpp"

#include <string>
#include <string_view>

namespace cfgd::client {

/// Where the service listens by default.
inline constexpr std::string_view default_socket = "/run/cfgd/io.cfgd";
/// Where it listens for administrators, who have a place of their own there, beside default_socket.
inline constexpr std::string_view suffix_of_administrators = ".admin";

/// The path of the service's socket: `given` if it is not empty, else $CFGD_SOCKET if that is set
/// and not empty, else default_socket. Accepts "PATH", "unix:PATH" and "unix:PATH;options".
/// Reads the environment: not while another thread changes it.
/// Errors: unreachable (the path is empty or longer than 107 bytes, see unix(7), or the address is
/// of another kind).
[[nodiscard]] result<std::string> socket_path(std::string_view given = {});

/// The socket beside `socket` that an administrator tries first; empty if there is none that this
/// process may connect to. Only for default_socket: who names another one means it.
[[nodiscard]] std::string administrators_socket(std::string_view socket);

} // namespace cfgd::client
