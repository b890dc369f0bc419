#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>

namespace cfgd::ipc {

enum class socket_kind : std::uint8_t { listening, connected };

/// What sort of Unix stream socket a passed descriptor is. Makes it non-blocking and close-on-exec.
/// Errors: protocol (it is not one).
[[nodiscard]] result<socket_kind> kind_of_socket(int number);

/// Takes connections from one listening socket.
class acceptor {
 public:
  /// `accepted` gets each connection, non-blocking.
  acceptor(boost::asio::any_io_executor const& loop, unique_fd socket,
           std::function<void(unique_fd)> accepted);

  /// Runs until stop(). Belongs into a task_group that ends before this object.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  enum class outcome : std::uint8_t { none_left, out_of_means };

  outcome accept_waiting();
  void out_of_means(int why);
  void shed();

  boost::asio::local::stream_protocol::acceptor socket_;
  boost::asio::steady_timer pause_;
  std::function<void(unique_fd)> accepted_;
  unique_fd spare_; ///< given up to refuse a client when there are no more descriptors
  bool stopping_ = false;
  std::chrono::steady_clock::time_point quiet_until_{};
};

} // namespace cfgd::ipc
