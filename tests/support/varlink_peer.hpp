#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd::test {

/// Runs `loop` until `holds` is true after all that is ready; whether it was within the limit.
bool run_until(boost::asio::io_context& loop, std::function<bool()> const& holds,
               std::chrono::milliseconds limit = std::chrono::seconds(20));

/// A plain client of a Varlink server that runs in the same thread: each wait lets the loop run.
/// Knows frames and nothing else, so that it can say all that a real client would not.
class varlink_peer {
 public:
  /// Connects. Throws std::system_error.
  varlink_peer(boost::asio::io_context& loop, std::filesystem::path const& path);
  /// Takes over a connected socket.
  varlink_peer(boost::asio::io_context& loop, int socket);
  varlink_peer(varlink_peer&& other) noexcept;
  varlink_peer(varlink_peer const&) = delete;
  varlink_peer& operator=(varlink_peer const&) = delete;
  ~varlink_peer();

  /// Sends bytes as they are, waiting for room. Stops when the server has closed.
  void send_raw(std::string_view bytes);
  /// Sends one message and its NUL.
  void send(std::string_view message);

  /// The next message without its NUL; absent when the server has closed or the time is over.
  std::optional<std::string> receive(std::chrono::milliseconds limit = std::chrono::seconds(20));
  /// Sends, and receives one message; "closed" if none came.
  std::string ask(std::string_view message);
  /// Whether the server closes the connection, without another message before.
  bool is_closed(std::chrono::milliseconds limit = std::chrono::seconds(20));

  /// shutdown(2) of the sending half.
  void end_sending();
  void close();
  int socket() const { return socket_; }

 private:
  bool take_bytes();

  boost::asio::io_context& loop_;
  int socket_;
  bool ended_ = false;
  std::string received_;
};

} // namespace cfgd::test
