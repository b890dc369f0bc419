#pragma once

#include <cstddef>
#include <string>

/// The few system calls that the blocking and the asynchronous client share.
namespace cfgd::client::detail {

/// Largest reply that is read: what sd-varlink takes as well.
inline constexpr std::size_t maximum_reply_bytes = 16 * 1024 * 1024;
/// Room offered to one read.
inline constexpr std::size_t read_bytes = 64 * 1024;

/// A new Unix stream socket, close-on-exec and non-blocking; -1 with errno.
int open_socket();

/// Tries to connect, at once. 0, or the errno. A Unix socket never is "in progress": it is
/// connected, refused, or the listener's backlog is full, which is EAGAIN (unix(7), connect(2)) and
/// worth another try; no descriptor tells when.
int try_connect(int descriptor, std::string const& path);

/// How long to wait before another try after EAGAIN.
inline constexpr int backlog_retry_ms = 10;

} // namespace cfgd::client::detail
