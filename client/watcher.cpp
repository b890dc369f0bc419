/// Watching over reconnects.
///
/// What the replies mean is watch_progress's affair, which failures end a watch and how long to
/// wait before the next attempt reconnect's. What is left is to ask for the right replies in turn.

#include "client/watcher.hpp"

#include "client/async_connection.hpp"
#include "client/detail/decode.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/reconnect.hpp"
#include "client/detail/watch_progress.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

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
        again_(executor, {.first = options_.first,
                          .shortest_wait = options_.shortest_wait,
                          .longest_wait = options_.longest_wait,
                          .on_lost = options_.on_lost}),
        progress_(options_.after_revision, options_.resync) {}

  asio::awaitable<result<watch_event>> next() {
    for (;;) {
      if (over_) co_return detail::closed("the watch has ended");
      auto reply = co_await next_reply();
      if (over_) co_return detail::closed("the watch has ended");
      if (!reply) {
        if (!again_.may_go_on(reply.error())) {
          over_ = true;
          co_return std::move(reply).error();
        }
        co_await again_.wait(std::move(reply).error());
        continue;
      }
      again_.went_well();
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

  void stop() {
    over_ = true;
    again_.stop();
    connection_.close();
  }

  watch_options options_;
  async_connection connection_;
  detail::reconnect again_;
  detail::watch_progress progress_;
  bool streaming_ = false;
  bool over_ = false;
};

watcher::watcher(asio::any_io_executor const& executor, watch_options options)
    : impl_(std::make_unique<impl>(executor, std::move(options))) {}

watcher::~watcher() = default;

asio::awaitable<result<watch_event>> watcher::next() { return impl_->next(); }

void watcher::stop() { impl_->stop(); }

revision_number watcher::revision() const { return impl_->progress_.revision(); }

} // namespace cfgd::client
