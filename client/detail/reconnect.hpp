#pragma once

#include "client/call_error.hpp"
#include "client/detail/back_off.hpp"
#include "client/watcher.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <random>

namespace cfgd::client::detail {

/// Decides whether a stream that broke is begun anew, and waits before it is.
class reconnect {
 public:
  struct options {
    first_connect first = first_connect::must_succeed;
    std::chrono::milliseconds shortest_wait;
    std::chrono::milliseconds longest_wait;
    std::function<void(call_error const& why)> on_lost; ///< may be empty
  };

  reconnect(boost::asio::any_io_executor const& executor, options how);

  /// The service has sent a good reply.
  void went_well();

  bool may_go_on(call_error const& why) const;

  /// Tells of the loss, once until it goes well again, and waits.
  boost::asio::awaitable<void> wait(call_error why);

  /// Ends wait().
  void stop() { pause_.cancel(); }

 private:
  options how_;
  boost::asio::steady_timer pause_;
  back_off wait_;
  std::minstd_rand random_;
  bool answered_ = false; ///< the service has sent a good reply once
  bool lost_told_ = false;
};

} // namespace cfgd::client::detail
