#pragma once

#include "call_error.hpp"
#include "types.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::client {

/// Whether a stream goes on.
enum class step : std::uint8_t { more, stop };

/// One connection to the service, blocking, for programs without an event loop. Every operation
/// ends within the time limit. After a failure other than `refused` the connection is useless and
/// answers `closed`. Not thread-safe; several connections may be used side by side.
class connection {
 public:
  /// Connects to what socket_path(address) says. `time_limit` bounds this and each later operation;
  /// zero means none.
  /// Errors: unreachable, timed_out.
  [[nodiscard]] static result<connection>
  connect(std::string_view address = {},
          std::chrono::milliseconds time_limit = std::chrono::seconds(30));

  connection(connection&& other) noexcept;
  connection& operator=(connection&& other) noexcept;
  ~connection();

  /// Bounds later operations. Zero: none.
  void set_time_limit(std::chrono::milliseconds time_limit);
  bool is_open() const;

  /// Any method. `method` is qualified: "io.cfgd.Config.Get".
  /// Errors, as for all below: timed_out, closed, protocol, refused.
  [[nodiscard]] result<boost::json::object> call(std::string_view method,
                                                 boost::json::object const& parameters = {});

  /// A call that is not answered. Says nothing about whether it was obeyed.
  [[nodiscard]] result<void> call_oneway(std::string_view method,
                                         boost::json::object const& parameters = {});

  /// A call that may be answered several times. The time limit counts for each reply anew. If
  /// `on_reply` stops before the last one the connection is closed, which is how Varlink cancels.
  [[nodiscard]] result<void>
  call_more(std::string_view method, boost::json::object const& parameters,
            std::function<step(boost::json::object& parameters)> const& on_reply);

  // io.cfgd.Config

  [[nodiscard]] result<snapshot> get(std::vector<std::string> const& keys);
  /// Absent if the key has no value.
  [[nodiscard]] result<std::optional<boost::json::value>> get_value(std::string_view key);
  /// The leaves at and below `prefix`, of everything if it is empty, in key order.
  [[nodiscard]] result<snapshot> list(std::string_view prefix = {});
  [[nodiscard]] result<explanation> explain(std::string_view key);
  /// Returns when the change is durable.
  [[nodiscard]] result<commit> set(transaction const& what);
  [[nodiscard]] result<commit> unset(std::vector<std::string> keys);
  /// Returns when every file edit made before the call is in force or was refused.
  [[nodiscard]] result<revision_number> sync();

  // io.cfgd.Service

  [[nodiscard]] result<service_status> status();
  [[nodiscard]] result<std::vector<source_file>> sources();
  [[nodiscard]] result<revision_number> reload();
  [[nodiscard]] result<cache_stats> cache();
  /// Both: a namespace, or all if it is empty. The number of entries dropped, filled.
  [[nodiscard]] result<std::int64_t> invalidate(std::string_view name_space = {});
  [[nodiscard]] result<std::int64_t> warm(std::string_view name_space = {});

  // org.varlink.service

  /// Names of the interfaces.
  [[nodiscard]] result<std::vector<std::string>> interfaces();
  /// The text of an interface.
  [[nodiscard]] result<std::string> introspect(std::string_view interface);

 private:
  struct impl;
  explicit connection(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

} // namespace cfgd::client
