/// Watching over reconnects.
///
/// What the replies mean is watch_progress's affair, how long to wait before the next attempt
/// back_off's. What is left is to decide which failures end a watch: the service's own refusal
/// does, except where it refuses a reconnect because too many connections are open, which passes; a
/// lost connection does not. Before the service answered for the first time nothing is known to be
/// right, not even the address, so that `first_connect` decides.

#include "client/watcher.hpp"

#include "client/async_connection.hpp"
#include "client/detail/back_off.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/watch_progress.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <random>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {
namespace {

boost::json::object watch_parameters(std::vector<std::string> const& prefixes,
                                     std::optional<revision_number> after) {
  boost::json::object out;
  if (!prefixes.empty()) out["prefixes"] = boost::json::array(prefixes.begin(), prefixes.end());
  if (after) out["afterRevision"] = static_cast<std::int64_t>(*after);
  return out;
}

} // namespace

struct watcher::impl {
  impl(asio::any_io_executor const& executor, watch_options options)
      : options_(std::move(options)), connection_(executor, options_.address, options_.time_limit),
        pause_(executor), progress_(options_.after_revision, options_.resync),
        wait_(options_.shortest_wait, options_.longest_wait), random_(std::random_device{}()) {}

  asio::awaitable<result<watch_event>> next() {
    for (;;) {
      if (over_) co_return detail::closed("the watch has ended");
      auto reply = co_await next_reply();
      if (over_) co_return detail::closed("the watch has ended");
      if (!reply) {
        if (!may_go_on(reply.error())) {
          over_ = true;
          co_return std::move(reply).error();
        }
        co_await wait_before_retry(std::move(reply).error());
        continue;
      }
      answered_ = true;
      lost_told_ = false;
      wait_.reset();
      if (auto event = progress_.take(std::move(*reply))) co_return std::move(*event);
    }
  }

  /// The next reply, on a new connection if there is none.
  asio::awaitable<result<watch_event>> next_reply() {
    if (!streaming_) {
      auto const begun = co_await begin();
      if (!begun) co_return begun.error();
      streaming_ = true;
    }
    // A state has to come; a change may take for ever.
    auto const limit = progress_.collecting() ? options_.time_limit : std::chrono::milliseconds(0);
    auto reply = co_await connection_.next_reply(limit);
    if (!reply || !*reply) streaming_ = false;
    if (!reply) co_return std::move(reply).error();
    if (!*reply) co_return detail::closed("the service ended the watch");
    auto event = detail::decode_watch_event(std::move(**reply));
    if (!event) {
      streaming_ = false;
      connection_.close();
    }
    co_return event;
  }

  asio::awaitable<result<void>> begin() {
    return connection_.begin("io.cfgd.Config.Watch",
                             watch_parameters(options_.prefixes, progress_.begin()));
  }

  bool may_go_on(call_error const& why) const {
    if (why.kind == failure::refused) {
      // These pass; what else is refused stays refused.
      auto const is = [&](std::string_view name) { return why.name.ends_with(name); };
      return answered_ && (is(".LimitExceeded") || is(".StoreFailed") || is(".InternalError"));
    }
    return answered_ || options_.first == first_connect::retry;
  }

  asio::awaitable<void> wait_before_retry(call_error why) {
    if (options_.on_lost && !std::exchange(lost_told_, true)) options_.on_lost(why);
    pause_.expires_after(wait_.next(std::uniform_real_distribution<>()(random_)));
    co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
  }

  void stop() {
    over_ = true;
    pause_.cancel();
    connection_.close();
  }

  watch_options options_;
  async_connection connection_;
  asio::steady_timer pause_;
  detail::watch_progress progress_;
  detail::back_off wait_;
  std::minstd_rand random_;
  bool streaming_ = false;
  bool answered_ = false; ///< the service has sent a good reply once
  bool lost_told_ = false;
  bool over_ = false;
};

watcher::watcher(asio::any_io_executor const& executor, watch_options options)
    : impl_(std::make_unique<impl>(executor, std::move(options))) {}

watcher::~watcher() = default;

asio::awaitable<result<watch_event>> watcher::next() { return impl_->next(); }

void watcher::stop() { impl_->stop(); }

revision_number watcher::revision() const { return impl_->progress_.revision(); }

} // namespace cfgd::client
