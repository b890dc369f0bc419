#pragma once

#include <cstddef>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cfgd::test {

/// One accepted connection of a scripted_peer, seen from inside its script. Every wait ends with an
/// exception after 20 s, or when the peer is destroyed.
class scripted_connection {
 public:
  /// Owns `socket`; `stop` becomes readable when it is time to end.
  scripted_connection(int socket, int stop) : socket_(socket), stop_(stop) {}
  ~scripted_connection();
  scripted_connection(scripted_connection const&) = delete;
  scripted_connection& operator=(scripted_connection const&) = delete;

  /// The next message without its NUL. Throws std::runtime_error if the client closes before.
  std::string receive();

  /// Sends a message, with its NUL.
  void send(std::string_view message);
  /// Sends bytes as they are.
  void send_bytes(std::string_view bytes);

  /// Waits until the client has closed.
  void wait_for_close();
  /// The same, and reads nothing: what the client sends stays in the socket's buffer.
  void wait_for_close_unread();

 private:
  void wait(short events) const;

  int socket_;
  int stop_;
  std::string buffered_;
};

/// A service that does what a test scripts: listens at a real socket, and plays one script for
/// each connection, in order, on a thread of its own. Behind the last one connections are accepted
/// no more, and the socket's file is removed.
class scripted_peer {
 public:
  using script = std::function<void(scripted_connection& client)>;

  scripted_peer(std::filesystem::path socket, std::vector<script> scripts);
  /// Stops what still waits.
  ~scripted_peer();
  scripted_peer(scripted_peer const&) = delete;
  scripted_peer& operator=(scripted_peer const&) = delete;

  /// Waits until all scripts have ended, and throws what one of them threw.
  void finish();

  /// Whether all scripts have ended.
  std::size_t played() const;

 private:
  void run();

  std::filesystem::path path_;
  std::vector<script> scripts_;
  int listener_ = -1;
  int stop_ = -1;
  mutable std::mutex mutex_;
  std::size_t played_ = 0;
  std::exception_ptr failed_;
  std::thread thread_;
};

/// A script: receives `call`, exactly, and sends `reply`, for each pair in turn; then waits for the
/// client to close.
scripted_peer::script exchange(std::vector<std::pair<std::string, std::string>> talk);

} // namespace cfgd::test
