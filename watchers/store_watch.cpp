/// The watch on the store.
///
/// LMDB writes its data file with pwrite(2), so inotify reports every commit: the receiver compares
/// the last transaction id of the store. The directory is watched and not the file, because a
/// restored store is renamed into place. If the directory itself is replaced, the next tick sets
/// the watch again.
///
/// A commit of this process would wake the loop once for each piece that LMDB writes. So writes are
/// taken out of the watch's mask meanwhile; changing the mask causes no event of its own. Nothing
/// is missed: the kernel reports a write when it is visible to readers, so whatever is not reported
/// was committed before the mask was whole again, and the caller looks after that.
#include "watchers/store_watch.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "watchers/inotify.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::watchers {
namespace {

using clock = std::chrono::steady_clock;

} // namespace

struct store_watch::impl {
  impl(asio::any_io_executor const& loop, std::filesystem::path const& data_file,
       std::chrono::milliseconds quiet, std::chrono::milliseconds tick,
       std::function<void()> written);
  ~impl();

  asio::awaitable<void> read_events();
  asio::awaitable<void> keep_time();
  void watch_directory();
  void on_event(kernel_event const& event);
  void notify();
  /// For any thread.
  void set_mask(std::uint32_t mask);

  std::string directory_;
  std::string name_;
  std::chrono::milliseconds quiet_;
  std::chrono::milliseconds tick_;
  std::function<void()> written_;
  std::optional<inotify> kernel_;
  std::optional<asio::posix::stream_descriptor> events_;
  asio::steady_timer timer_;
  int watch_ = -1;
  std::mutex mutex_;                     ///< guards that below
  unique_fd watched_;                    ///< the directory
  std::optional<clock::time_point> due_; ///< an event has come
  clock::time_point next_tick_;
};

store_watch::impl::impl(asio::any_io_executor const& loop, std::filesystem::path const& data_file,
                        std::chrono::milliseconds quiet, std::chrono::milliseconds tick,
                        std::function<void()> written)
    : directory_(data_file.parent_path().string()), name_(data_file.filename().string()),
      quiet_(quiet), tick_(tick), written_(std::move(written)), timer_(loop),
      next_tick_(clock::now() + tick) {
  try {
    kernel_.emplace();
    events_.emplace(loop, kernel_->descriptor());
  } catch (std::system_error const& failure) {
    log::write(log::level::warning,
               std::string(failure.what()) + ": polling the store every " +
                   std::to_string(tick.count()) + " ms",
               {{"MESSAGE_ID", message_id::not_watched},
                {"ERRNO", std::to_string(failure.code().value())}});
  }
  watch_directory();
}

store_watch::impl::~impl() {
  if (events_) events_->release(); // the descriptor is kernel_'s
}

void store_watch::impl::watch_directory() {
  if (!kernel_) return;
  unique_fd directory(::open(directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::lock_guard const locked(mutex_);
  int const now = directory ? kernel_->watch(directory.get(), directory_, inotify::files_mask) : -1;
  watched_ = std::move(directory);
  if (now == watch_) return;
  if (watch_ >= 0) kernel_->unwatch(watch_);
  watch_ = now;
}

void store_watch::impl::set_mask(std::uint32_t mask) {
  std::lock_guard const locked(mutex_);
  // Without a watch, or if this fails, the tick notifies, which sets the watch again.
  if (kernel_ && watched_) (void)kernel_->watch(watched_.get(), directory_, mask);
}

void store_watch::impl::on_event(kernel_event const& event) {
  bool const lost = (event.mask & IN_Q_OVERFLOW) != 0;
  if (!lost && event.watch != watch_) return;
  if (!lost && event.name != name_ && !event.name.empty()) return;
  if (!due_) due_ = clock::now() + quiet_;
}

void store_watch::impl::notify() {
  due_.reset();
  next_tick_ = clock::now() + tick_;
  watch_directory();
  written_();
}

asio::awaitable<void> store_watch::impl::read_events() {
  if (!events_) co_return;
  while (true) {
    auto const [failed] = co_await events_->async_wait(asio::posix::stream_descriptor::wait_read,
                                                       asio::as_tuple(asio::use_awaitable));
    if (failed) co_return;
    kernel_->read([this](kernel_event const& event) { on_event(event); });
    if (due_ && *due_ < timer_.expiry()) timer_.cancel(); // it is set again by keep_time()
  }
}

asio::awaitable<void> store_watch::impl::keep_time() {
  while (true) {
    timer_.expires_at(due_ ? std::min(*due_, next_tick_) : next_tick_);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    auto const now = clock::now();
    if (now >= next_tick_ || (due_ && now >= *due_)) notify();
  }
}

store_watch::store_watch(asio::any_io_executor const& loop, std::filesystem::path const& data_file,
                         std::chrono::milliseconds quiet, std::chrono::milliseconds tick,
                         std::function<void()> written)
    : impl_(std::make_unique<impl>(loop, data_file, quiet, tick, std::move(written))) {}

store_watch::~store_watch() = default;

store_watch::silence::silence(store_watch* of) : of_(of) {
  if (of_ != nullptr) of_->impl_->set_mask(inotify::no_writes_mask);
}

store_watch::silence::~silence() {
  if (of_ != nullptr) of_->impl_->set_mask(inotify::files_mask);
}

asio::awaitable<void> store_watch::run() {
  using namespace asio::experimental::awaitable_operators;
  auto reading = impl_->read_events();
  auto time = impl_->keep_time();
  co_await (std::move(reading) && std::move(time));
}

} // namespace cfgd::watchers
