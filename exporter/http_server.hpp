#pragma once

#include "core/error.hpp"
#include "exporter/pages.hpp"
#include "ipc/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>

namespace cfgd::exporter {

/// Serves pages over HTTP/1.1 to few clients: GET and HEAD, no request bodies. Connections, the
/// size of a request and every wait are bounded. One thread, that of the loop. The loop must run
/// until stop() has called `done` before this is destroyed.
class http_server {
 public:
  struct bounds {
    std::size_t connections = 32;                ///< further ones are closed at once
    std::uint32_t request_bytes = 8 * 1024;      ///< of the head
    std::chrono::milliseconds idle{15'000};      ///< between requests, and until one is complete
    std::chrono::milliseconds answering{15'000}; ///< for the client to read an answer
  };

  /// `from` must outlive this.
  http_server(boost::asio::any_io_executor loop, pages& from, bounds most);

  /// Binds and accepts. Errors: io (the address is in use, or not of this machine).
  [[nodiscard]] result<void> listen(boost::asio::ip::tcp::endpoint const& where);
  /// The address that is bound, with the real port if port 0 was given. Only after listen().
  boost::asio::ip::tcp::endpoint address() const;
  /// Closes everything; calls `done` on the loop when all connections have ended.
  void stop(std::function<void()> done);

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

  boost::asio::any_io_executor loop_;
  pages& from_;
  bounds most_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::set<boost::asio::ip::tcp::socket*> open_; ///< of the connections that are served
  bool stopping_ = false;
  ipc::task_group tasks_;
};

} // namespace cfgd::exporter
