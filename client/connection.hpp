#pragma once

#include "call_error.hpp"
#include "calls.hpp"
#include "health_types.hpp"
#include "history_types.hpp"
#include "types.hpp"
#include "value.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cfgd::client {

namespace detail {
struct driver_access;
}

/// Whether a stream goes on.
enum class step : std::uint8_t { more, stop };

/// One connection to the service, blocking, for programs without an event loop. The methods of the
/// service are in `calls`: get(), set(), list() and so on.
///
/// Every operation ends within the time limit. After a failure other than `refused` the connection
/// is closed, and every later operation answers `closed`: connect() again. Not thread-safe; several
/// connections may be used side by side, each by one thread at a time. A moved-from connection may
/// only be destroyed or assigned to.
class connection : public calls<connection, result> {
 public:
  /// Connects to the path that socket_path(address) gives. `time_limit` bounds this and each later
  /// operation; zero: no limit.
  /// Errors: unreachable, timed_out.
  [[nodiscard]] static result<connection>
  connect(std::string_view address = {},
          std::chrono::milliseconds time_limit = std::chrono::seconds(30));

  connection(connection&& other) noexcept;
  connection& operator=(connection&& other) noexcept;
  ~connection();

  /// Bounds later operations. Zero: no limit.
  void set_time_limit(std::chrono::milliseconds time_limit);
  std::chrono::milliseconds time_limit() const;
  /// Whether no operation has closed the connection. The service may have closed its end already.
  bool is_open() const;

  /// Calls any method. `method` is qualified: "io.cfgd.Config.Get". The parameters of the reply.
  /// Errors: timed_out, closed, protocol, refused.
  [[nodiscard]] result<boost::json::object> call(std::string_view method,
                                                 boost::json::object const& parameters = {});

  /// Sends a call that is not answered. Success means that it was sent, not that it was obeyed.
  [[nodiscard]] result<void> call_oneway(std::string_view method,
                                         boost::json::object const& parameters = {});

  /// A call that may be answered several times: `on_reply` is called with the parameters of each
  /// reply, which it may take. The time limit starts again for each reply. If `on_reply` stops
  /// before the last reply, the connection is closed, which is how Varlink cancels, and the result
  /// is success.
  [[nodiscard]] result<void>
  call_more(std::string_view method, boost::json::object const& parameters,
            std::function<step(boost::json::object& parameters)> const& on_reply);

  /// Begins an edit of several files: files saved from now on are not read until the edit ends, and
  /// then become one change, all or none. It ends by end_edit() on another connection, `time` after
  /// its begin (ten minutes if absent), or when this connection closes. `on_begun` is called with
  /// the deadline (RFC 3339). Then this waits for the end of the edit, without a time limit. If
  /// `on_begun` stops, the connection is closed, which ends the edit, and the result is `closed`.
  /// refused: EditInProgress.
  [[nodiscard]] result<edit_outcome>
  begin_edit(std::optional<std::chrono::seconds> time,
             std::function<step(std::string const& deadline)> const& on_begun);

  /// Calls `on_report` with the result of every check, then with those whose status changes. Waits
  /// without a time limit between them. Ends when `on_report` stops, which closes the connection.
  /// Errors: also closed, if the service ends it.
  [[nodiscard]] result<void>
  watch_health(std::function<step(health_report const& report)> const& on_report);

 private:
  friend struct detail::driver_access;
  struct impl;
  explicit connection(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

/// The effective value of one key as a T, see value_as(); `fallback` if it has none or one of
/// another type: get<int>(service, "site.workers", 16). Errors: as calls::get_value().
template <readable T>
[[nodiscard]] result<T> get(connection& service, std::string_view key,
                            std::type_identity_t<T> fallback) {
  static_assert(!std::same_as<T, std::string_view>, "the value would be gone: take std::string");
  auto const value = service.get_value(key);
  if (!value) return value.error();
  auto found = value_as<T>(*value ? &**value : nullptr);
  return found ? std::move(*found) : std::move(fallback);
}

} // namespace cfgd::client
