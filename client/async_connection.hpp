#pragma once

#include "call_error.hpp"
#include "calls.hpp"
#include "health_types.hpp"
#include "history_types.hpp"
#include "types.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd::client {

namespace detail {
struct driver_access;
}

/// What a coroutine gets with co_await: a value, or the reason why there is none.
template <class T>
using awaitable_result = boost::asio::awaitable<result<T>>;

/// One connection to the service for programs with an Asio event loop. The methods of the service
/// are in `calls`: get(), set(), list() and so on.
///
/// It connects when it is first used, and again when it is used after it broke; a call that was
/// under way then fails and is not repeated.
///
/// Calls may be made by several coroutines and go out one after the other. All of them must run on
/// one thread or strand at a time, that of `executor`, and must have ended before the connection is
/// destroyed: close() makes them end. Varlink has no cancellation: cancelling a call that waits for
/// its reply closes the connection. Arguments are read before a function returns its awaitable.
class async_connection : public calls<async_connection, awaitable_result> {
 public:
  /// `address` as socket_path takes it; it is resolved at each connect. `time_limit` bounds each
  /// call, including the wait for its turn and for the connection; zero: no limit.
  explicit async_connection(boost::asio::any_io_executor executor, std::string address = {},
                            std::chrono::milliseconds time_limit = std::chrono::seconds(30));
  ~async_connection();
  async_connection(async_connection const&) = delete;
  async_connection& operator=(async_connection const&) = delete;

  /// Makes sure that there is a connection. Errors: unreachable, timed_out, closed.
  [[nodiscard]] awaitable_result<void> connect();

  /// Calls any method. `method` is qualified: "io.cfgd.Config.Get". The parameters of the reply.
  /// Errors: unreachable, timed_out, closed, protocol, refused.
  [[nodiscard]] awaitable_result<boost::json::object> call(std::string_view method,
                                                           boost::json::object const& parameters);
  [[nodiscard]] awaitable_result<boost::json::object> call(std::string_view method);

  /// Sends a call with 'more'. The call keeps the connection for itself until next_reply() has
  /// given the last reply or an error, or until close(); other calls wait that long.
  [[nodiscard]] awaitable_result<void> begin(std::string_view method,
                                             boost::json::object const& parameters);
  [[nodiscard]] awaitable_result<void> begin(std::string_view method);
  /// The parameters of the next reply to what begin() started; absent after the last one. One
  /// caller at a time. Waits at most `limit`; zero: no limit.
  [[nodiscard]] awaitable_result<std::optional<boost::json::object>>
  next_reply(std::chrono::milliseconds limit);

  /// Begins an edit of several files, as connection::begin_edit(). The deadline, RFC 3339. The edit
  /// keeps the connection for itself until await_edit() has given its outcome. close() ends it.
  [[nodiscard]] awaitable_result<std::string> begin_edit(std::optional<std::chrono::seconds> time);
  /// Waits for the end of the edit that begin_edit() began, without a time limit.
  [[nodiscard]] awaitable_result<edit_outcome> await_edit();

  std::chrono::milliseconds time_limit() const;
  bool is_open() const;

  /// Closes. Operations under way end with `closed`. It may be used again afterwards.
  void close();

 private:
  friend struct detail::driver_access;
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
