/// Streams that outlive their connection.
///
/// Which failures end a stream: the service's own refusal does, except where it refuses a reconnect
/// for a reason that passes; a lost connection does not. Before the service answered for the first
/// time nothing is known to be right, not even the address, so that `first_connect` decides.

#include "client/detail/reconnect.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;

namespace cfgd::client::detail {

reconnect::reconnect(asio::any_io_executor const& executor, options how)
    : how_(std::move(how)), pause_(executor), wait_(how_.shortest_wait, how_.longest_wait),
      random_(std::random_device{}()) {}

void reconnect::went_well() {
  answered_ = true;
  lost_told_ = false;
  wait_.reset();
}

bool reconnect::may_go_on(call_error const& why) const {
  if (why.kind == failure::refused) {
    // These pass; what else is refused stays refused.
    auto const is = [&](std::string_view name) { return why.name.ends_with(name); };
    return answered_ && (is(".LimitExceeded") || is(".StoreFailed") || is(".InternalError"));
  }
  return answered_ || how_.first == first_connect::retry;
}

asio::awaitable<void> reconnect::wait(call_error why) {
  if (how_.on_lost && !std::exchange(lost_told_, true)) how_.on_lost(why);
  pause_.expires_after(wait_.next(std::uniform_real_distribution<>()(random_)));
  co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
}

} // namespace cfgd::client::detail
