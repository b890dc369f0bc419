#pragma once

#include "client/detail/exchange.hpp"

/// The system calls that both drivers share.
namespace cfgd::client::detail {

/// A new Unix stream socket, close-on-exec and non-blocking; -1 with errno.
int open_socket();

/// Connects, sends and receives for `what` at a non-blocking socket until there is something to
/// wait for, or it is done. Never blocks. Returns what `what.next()` says then.
action advance(exchange& what, int descriptor);

} // namespace cfgd::client::detail
