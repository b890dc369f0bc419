#pragma once

#include "client/async_connection.hpp"
#include "client/detail/driver_access.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/retry.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cfgd::client::detail {

/// A stream of replies over any number of connections. What the replies mean and what to ask for
/// after a reconnect is decided by Progress, which has no I/O:
///
///   event                                       type of what next() gives
///   static std::string_view method()            a literal
///   std::string begin()                         a connection begins: parameters of the call
///   bool waits_long() const                     the next reply may take for ever
///   result<std::optional<event>> take(object&&) one reply
///
/// One thread; one next() at a time.
template <class Progress>
class resumed_stream {
 public:
  using event = typename Progress::event;

  resumed_stream(boost::asio::any_io_executor const& executor, std::string address,
                 std::chrono::milliseconds time_limit, retry::options how, Progress progress)
      : connection_(executor, std::move(address), time_limit), retry_(std::move(how)),
        pause_(executor), progress_(std::move(progress)) {}

  awaitable_result<event> next() {
    while (!over_) {
      auto taken = co_await next_taken();
      if (over_) break;
      if (taken && *taken) co_return std::move(**taken);
      if (taken) continue;
      auto const wait = retry_.on_failure(taken.error());
      if (!wait) {
        over_ = true;
        co_return std::move(taken).error();
      }
      pause_.expires_after(*wait);
      co_await pause_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    co_return closed("the watch has ended");
  }

  void stop() {
    over_ = true;
    pause_.cancel();
    connection_.close();
  }

  Progress const& progress() const { return progress_; }

 private:
  using reply_or_end = std::optional<boost::json::object>;

  /// What comes of the next reply. If it throws, the next one is of a new connection: a reply may
  /// be lost that was taken from this one.
  awaitable_result<std::optional<event>> next_taken() {
    try {
      auto reply = co_await next_reply();
      if (over_) co_return std::optional<event>();
      co_return take(std::move(reply));
    } catch (...) {
      streaming_ = false;
      connection_.close();
      throw;
    }
  }

  /// The next reply, on a new connection if there is none.
  awaitable_result<reply_or_end> next_reply() {
    if (!streaming_) {
      std::string const parameters = progress_.begin();
      auto const begun = co_await driver_access::begin(connection_, Progress::method(), parameters);
      if (!begun) co_return begun.error();
      streaming_ = true;
    }
    auto limit = connection_.time_limit();
    if (progress_.waits_long()) limit = std::chrono::milliseconds(0);
    auto reply = co_await connection_.next_reply(limit);
    co_return reply;
  }

  result<std::optional<event>> take(result<reply_or_end> reply) {
    streaming_ = reply && *reply;
    if (!reply) return std::move(reply).error();
    if (!*reply) return closed("the service ended the watch");
    auto taken = progress_.take(std::move(**reply));
    if (taken) {
      retry_.on_success();
    } else {
      streaming_ = false;
      connection_.close();
    }
    return taken;
  }

  async_connection connection_;
  retry retry_;
  boost::asio::steady_timer pause_;
  Progress progress_;
  bool streaming_ = false;
  bool over_ = false;
};

} // namespace cfgd::client::detail
