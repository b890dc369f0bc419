#pragma once

#include "client/async_connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace cfgd::exporter {

/// The answer to a request of a page.
struct page {
  unsigned status = 200; ///< of HTTP
  std::string type = "text/plain; charset=utf-8";
  std::string text = {};
};

/// The pages, made of what the service reports at that moment. One thread, that of `executor`.
class pages {
 public:
  static constexpr std::chrono::seconds time_limit{5}; ///< for the service's reply

  /// `address` as client::async_connection takes it.
  pages(boost::asio::any_io_executor executor, std::string address);

  /// `path` without a query; `accept` is the header, or empty. 404 for an unknown path; 503, with
  /// the reason, if the service does not answer.
  boost::asio::awaitable<page> find(std::string path, std::string accept);
  /// Ends calls of the service that are under way: they give 503.
  void close() { service_.close(); }

 private:
  boost::asio::awaitable<page> metrics(std::string accept);
  boost::asio::awaitable<page> health();
  boost::asio::awaitable<page> readiness();

  client::async_connection service_;
};

} // namespace cfgd::exporter
