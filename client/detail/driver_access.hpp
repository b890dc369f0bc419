#pragma once

#include "client/async_connection.hpp"
#include "client/connection.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd::client::detail {

/// What the typed calls need of a driver: calls whose parameters are text already. `method` must
/// outlive the operation. Errors as those of call().
struct driver_access {
  /// Takes one part of a reply. An error ends the call, which closes the connection.
  using take_part = std::function<result<void>(boost::json::object&& part)>;

  static result<boost::json::object> call(connection& on, std::string_view method,
                                          std::string_view parameters);
  static result<void> call_parts(connection& on, std::string_view method,
                                 std::string_view parameters, take_part const& take);

  static awaitable_result<boost::json::object> call(async_connection& on, std::string_view method,
                                                    std::string_view parameters);
  static awaitable_result<void> begin(async_connection& on, std::string_view method,
                                      std::string_view parameters);
};

} // namespace cfgd::client::detail
