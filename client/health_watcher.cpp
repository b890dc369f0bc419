#include "client/health_watcher.hpp"

#include "client/detail/methods.hpp"
#include "client/detail/resumed_stream.hpp"
#include "client/detail/wire.hpp"

#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {
namespace {

/// The first reply of each connection has all checks, so that nothing has to be remembered: it has
/// what was missed while there was no connection.
class watched_health {
 public:
  using event = health_watcher::event;

  static std::string_view method() { return detail::methods::watch_health.name; }
  std::string begin() {
    first_ = true;
    return {};
  }
  bool waits_long() const { return !first_; }
  result<std::optional<event>> take(boost::json::object&& reply) {
    auto report = detail::decode<health_report>(method(), std::move(reply));
    if (!report) return std::move(report).error();
    return event{.report = std::move(*report), .whole = std::exchange(first_, false)};
  }

 private:
  bool first_ = true;
};

detail::retry::options retry_of(health_watch_options&& how) {
  return {.first = how.first,
          .shortest_wait = how.shortest_wait,
          .longest_wait = how.longest_wait,
          .on_lost = std::move(how.on_lost)};
}

} // namespace

struct health_watcher::impl : detail::resumed_stream<watched_health> {
  impl(asio::any_io_executor const& executor, health_watch_options how)
      : resumed_stream(executor, std::move(how.address), how.time_limit, retry_of(std::move(how)),
                       {}) {}
};

health_watcher::health_watcher(asio::any_io_executor const& executor, health_watch_options options)
    : impl_(std::make_unique<impl>(executor, std::move(options))) {}

health_watcher::~health_watcher() = default;

awaitable_result<health_watcher::event> health_watcher::next() { return impl_->next(); }

void health_watcher::stop() { impl_->stop(); }

} // namespace cfgd::client
