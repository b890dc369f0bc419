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

/// Serves pages over HTTP/1.1 to few clients: GET and HEAD, no bodies. Bounded in connections, in
/// the size of a request and in time. One thread.
class http_server {
 public:
  struct bounds {
    std::size_t connections = 32; ///< those over it are closed at once
    std::uint32_t request_bytes = 8 * 1024;
    std::chrono::milliseconds idle{15'000};      ///< between requests, and for one to arrive
    std::chrono::milliseconds answering{15'000}; ///< for an answer to be taken
  };

  http_server(boost::asio::any_io_executor loop, pages& from, bounds most);

  /// Errors: io.
  [[nodiscard]] result<void> listen(boost::asio::ip::tcp::endpoint const& where);
  /// Where it listens: with the port that was found free.
  boost::asio::ip::tcp::endpoint address() const;
  /// Closes everything, then calls `done`.
  void stop(std::function<void()> done);

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);

  boost::asio::any_io_executor loop_;
  pages& from_;
  bounds most_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::set<boost::asio::ip::tcp::socket*> open_; ///< of connections, each while it is served
  bool stopping_ = false;
  ipc::task_group tasks_;
};

} // namespace cfgd::exporter
