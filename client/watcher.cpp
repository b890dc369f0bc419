#include "client/watcher.hpp"

#include "client/detail/resumed_stream.hpp"
#include "client/detail/watched_keys.hpp"

#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {

struct watcher::impl : detail::resumed_stream<detail::watched_keys> {
  impl(asio::any_io_executor const& executor, watch_options how, detail::watched_keys progress)
      : resumed_stream(executor, std::move(how.address), how.time_limit,
                       detail::retry_of(std::move(how)), std::move(progress)) {}
};

watcher::watcher(asio::any_io_executor const& executor, watch_options options) {
  detail::watched_keys progress(options);
  impl_ = std::make_unique<impl>(executor, std::move(options), std::move(progress));
}

watcher::~watcher() = default;

awaitable_result<watch_event> watcher::next() { return impl_->next(); }

void watcher::stop() { impl_->stop(); }

revision_number watcher::revision() const { return impl_->progress().revision(); }

std::optional<std::string> watcher::store_id() const { return impl_->progress().store_id(); }

} // namespace cfgd::client
