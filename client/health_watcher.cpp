/// Watching the health over reconnects.
///
/// The first reply of each connection has all checks, so that nothing has to be remembered here:
/// what was missed while the connection was lost is in it. How a lost connection is made again is
/// reconnect's affair.

#include "client/health_watcher.hpp"

#include "client/async_connection.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/reconnect.hpp"

#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {

struct health_watcher::impl {
  impl(asio::any_io_executor const& executor, health_watch_options options)
      : time_limit_(options.time_limit), connection_(executor, options.address, time_limit_),
        again_(executor, {.first = options.first,
                          .shortest_wait = options.shortest_wait,
                          .longest_wait = options.longest_wait,
                          .on_lost = std::move(options.on_lost)}) {}

  asio::awaitable<result<event>> next() {
    for (;;) {
      if (over_) co_return detail::closed("the watch has ended");
      auto reply = co_await next_reply();
      if (over_) co_return detail::closed("the watch has ended");
      if (reply) {
        again_.went_well();
        co_return reply;
      }
      if (!again_.may_go_on(reply.error())) {
        over_ = true;
        co_return reply;
      }
      co_await again_.wait(std::move(reply).error());
    }
  }

  /// The next reply, on a new connection if there is none.
  asio::awaitable<result<event>> next_reply() {
    bool const first = !std::exchange(streaming_, true);
    if (first) {
      boost::json::object const nothing;
      auto const begun = co_await connection_.begin("io.cfgd.Service.WatchHealth", nothing);
      if (!begun) {
        streaming_ = false;
        co_return begun.error();
      }
    }
    auto limit = std::chrono::milliseconds();
    if (first) limit = time_limit_;
    auto reply = co_await connection_.next_reply(limit);
    if (!reply || !*reply) streaming_ = false;
    if (!reply) co_return std::move(reply).error();
    if (!*reply) co_return detail::closed("the service ended the watch");
    auto report = detail::decode_health(std::move(**reply));
    if (!report) {
      streaming_ = false;
      connection_.close();
      co_return std::move(report).error();
    }
    event out{.report = std::move(*report), .whole = first};
    co_return out;
  }

  void stop() {
    over_ = true;
    again_.stop();
    connection_.close();
  }

  std::chrono::milliseconds time_limit_;
  async_connection connection_;
  detail::reconnect again_;
  bool streaming_ = false;
  bool over_ = false;
};

health_watcher::health_watcher(asio::any_io_executor const& executor, health_watch_options options)
    : impl_(std::make_unique<impl>(executor, std::move(options))) {}

health_watcher::~health_watcher() = default;

asio::awaitable<result<health_watcher::event>> health_watcher::next() { return impl_->next(); }

void health_watcher::stop() { impl_->stop(); }

} // namespace cfgd::client
