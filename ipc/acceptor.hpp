#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace cfgd::ipc {

enum class socket_kind : std::uint8_t { listening, connected };

/// What sort of Unix stream socket a passed descriptor is. Makes it non-blocking and close-on-exec.
/// Errors: protocol (it is not one).
[[nodiscard]] result<socket_kind> kind_of_socket(int number);

/// Takes connections from one listening socket.
class acceptor {
 public:
  struct options {
    std::size_t at_once = 64; ///< connections in one turn of the loop
    /// Connections wait in the backlog while no more descriptors than these are free.
    std::size_t reserved_descriptors = 0;
    /// At most so many are kept: all divided by this.
    std::size_t reserve_divisor = 4;
  };

  /// `accepted` gets each connection, non-blocking.
  acceptor(boost::asio::any_io_executor const& loop, unique_fd socket, options how,
           std::function<void(unique_fd)> accepted);

  /// Runs until stop(). Belongs into a task_group that ends before this object. Calls `first`
  /// before each turn.
  boost::asio::awaitable<void> run(std::function<void()> first = {});
  /// Takes what waits now. run() does it, too.
  void take_waiting();
  void stop();

 private:
  enum class outcome : std::uint8_t { go_on, out_of_means };

  outcome accept_waiting();
  void out_of_means(int why);
  void warn_rarely(std::string const& reason, int why);
  void shed();
  /// How many descriptors are kept back now if no others are free; 0: there are others.
  std::size_t kept_descriptors();

  boost::asio::local::stream_protocol::acceptor socket_;
  boost::asio::steady_timer pause_;
  options how_;
  std::function<void(unique_fd)> accepted_;
  unique_fd spare_; ///< given up to refuse a client when there are no more descriptors
  bool stopping_ = false;
  std::chrono::steady_clock::time_point quiet_until_{};
};

} // namespace cfgd::ipc
