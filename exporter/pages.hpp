#pragma once

#include "client/async_connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace cfgd::exporter {

/// What a page is answered with.
struct page {
  unsigned status = 200; ///< of HTTP
  std::string type = "text/plain; charset=utf-8";
  std::string text = {};
};

/// The pages, as the service has them at the moment. One thread.
class pages {
 public:
  static constexpr std::chrono::seconds patience{5}; ///< for the service's answer

  /// `address` as client::async_connection takes it.
  pages(boost::asio::any_io_executor executor, std::string address);

  /// `path` without a query; `accept` is the header, or empty. What cannot be had from the service
  /// is 503, with the reason.
  boost::asio::awaitable<page> find(std::string path, std::string accept);
  /// Ends what waits for the service.
  void close() { service_.close(); }

 private:
  boost::asio::awaitable<page> metrics(std::string accept);
  boost::asio::awaitable<page> health();
  boost::asio::awaitable<page> readiness();

  client::async_connection service_;
};

} // namespace cfgd::exporter
