#pragma once

#include "client/call_error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <utility>

namespace cfgd::client::detail {

/// Applies a decode function to the reply of a call that is still to be made.
template <class T, class Decode>
boost::asio::awaitable<result<T>>
decoded_later(boost::asio::awaitable<result<boost::json::object>> exchange, Decode decode) {
  auto reply = co_await std::move(exchange);
  if (!reply) co_return std::move(reply).error();
  co_return decode(std::move(*reply));
}

} // namespace cfgd::client::detail
