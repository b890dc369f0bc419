#pragma once

#include "call_error.hpp"
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
#include <vector>

namespace cfgd::client {

/// One connection to the service for programs with an Asio event loop. Connects when it is first
/// used, and anew when it is used after it broke; a call that broke with it is not repeated.
///
/// Calls may be made by several coroutines and go out one after the other. All of them must run on
/// one thread or strand at a time, the one of `executor`, and must have ended before the connection
/// is destroyed: close() makes them end. Varlink has no cancellation: cancelling a call that waits
/// closes the connection. Arguments are read before a function returns its awaitable, and need not
/// live longer.
class async_connection {
 public:
  /// `address` as socket_path takes it, looked up at each connect. `time_limit` bounds each call,
  /// waiting for its turn included; zero means none.
  explicit async_connection(boost::asio::any_io_executor executor, std::string address = {},
                            std::chrono::milliseconds time_limit = std::chrono::seconds(30));
  ~async_connection();
  async_connection(async_connection const&) = delete;
  async_connection& operator=(async_connection const&) = delete;

  /// Makes sure that there is a connection. Errors: unreachable, timed_out, closed.
  [[nodiscard]] boost::asio::awaitable<result<void>> connect();

  /// Any method. `method` is qualified: "io.cfgd.Config.Get".
  /// Errors, as for all below: unreachable, timed_out, closed, protocol, refused.
  [[nodiscard]] boost::asio::awaitable<result<boost::json::object>>
  call(std::string_view method, boost::json::object const& parameters = {});

  [[nodiscard]] boost::asio::awaitable<result<snapshot>> get(std::vector<std::string> const& keys);
  /// Absent if the key has no value.
  [[nodiscard]] boost::asio::awaitable<result<std::optional<boost::json::value>>>
  get_value(std::string_view key);
  /// Returns when the change is durable.
  [[nodiscard]] boost::asio::awaitable<result<commit>> set(transaction const& what);

  // As the functions of the same names of connection.

  [[nodiscard]] boost::asio::awaitable<result<validation>>
  validate(std::string_view name_space, boost::json::object const* document = nullptr);
  [[nodiscard]] boost::asio::awaitable<result<std::vector<pending_change>>> list_pending();
  [[nodiscard]] boost::asio::awaitable<result<void>> confirm(revision_number revision);
  [[nodiscard]] boost::asio::awaitable<result<std::string>> extend(revision_number revision,
                                                                   std::chrono::seconds time);
  [[nodiscard]] boost::asio::awaitable<result<change_log>> log(log_query const& query);
  [[nodiscard]] boost::asio::awaitable<result<difference>>
  diff(revision_number from, std::optional<revision_number> to, std::string_view prefix);
  [[nodiscard]] boost::asio::awaitable<result<past_values>>
  get_at(std::vector<std::string> const& keys, revision_number revision);
  [[nodiscard]] boost::asio::awaitable<result<commit>> rollback(rollback_request const& what);
  [[nodiscard]] boost::asio::awaitable<result<std::vector<blame_line>>>
  blame(std::string_view name_space);
  [[nodiscard]] boost::asio::awaitable<result<commit>> restore(restore_request const& what);
  [[nodiscard]] boost::asio::awaitable<result<revision_number>> compact(std::int64_t keep);

  [[nodiscard]] boost::asio::awaitable<result<health_report>> health();
  [[nodiscard]] boost::asio::awaitable<result<health_report>>
  run_checks(std::vector<std::string> const& names);
  [[nodiscard]] boost::asio::awaitable<result<problem_report>> problems(problem_query const& query);
  [[nodiscard]] boost::asio::awaitable<result<void>> clear_problems();
  [[nodiscard]] boost::asio::awaitable<result<std::string>> metrics();

  /// Begins an edit of several files, and gives its deadline (RFC 3339). It keeps the connection
  /// for itself until await_edit() has given what came of it. Closing the connection ends the edit.
  [[nodiscard]] boost::asio::awaitable<result<std::string>>
  begin_edit(std::optional<std::chrono::seconds> time);
  [[nodiscard]] boost::asio::awaitable<result<edit_outcome>> await_edit();
  /// Ends the edit that is under way: of another connection than the one that began it.
  [[nodiscard]] boost::asio::awaitable<result<edit_outcome>> end_edit();

  /// Sends a call with 'more'. It keeps the connection for itself until next_reply() has given the
  /// last reply or an error, or the connection was closed.
  [[nodiscard]] boost::asio::awaitable<result<void>>
  begin(std::string_view method, boost::json::object const& parameters = {});
  /// The next reply of what begin() started; absent after the last one. Waits at most `limit`;
  /// zero: as long as it takes.
  [[nodiscard]] boost::asio::awaitable<result<std::optional<boost::json::object>>>
  next_reply(std::chrono::milliseconds limit);

  std::chrono::milliseconds time_limit() const;
  bool is_open() const;

  /// Closes. What waits ends with `closed`.
  void close();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
