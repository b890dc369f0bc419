/// The source watcher: events and time.
///
/// Four tasks run side by side on the loop: reading inotify, waiting for changes of the mount
/// table, one timer, and at most one look, which runs on the worker thread. source_watcher_impl.hpp
/// lists the parts. Events that arrive during a look are handled by the next one.
///
/// Invariants:
/// - The looker belongs to the worker while `busy_`, and nothing else is shared: a request is
/// posted
///   to the worker, its result is posted to the loop.
/// - Bytes are reported only if the file was the same before and after they were read, no process
///   has it open for writing as far as events show, and no event reports a write since the look
///   began. The queue is read before this is decided.
/// - The kernel does not report some changes (see inotify.cpp), so everything is looked at every
/// few
///   seconds. No event shows that a writer has finished then, so a file that has changed within the
///   quiet period is looked at again later.
#include "watchers/source_watcher.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "watchers/source_watcher_impl.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::watchers {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// What is read then is certain: a write that changes it later changes the identity of the file.
constexpr auto read_ahead_after = certain_after + 1ms;

/// Events of watches that the current look has set; if there are more, everything is looked at.
constexpr std::size_t maximum_early_events = 65'536;

std::optional<inotify> open_inotify() {
  try {
    return std::optional<inotify>(std::in_place);
  } catch (std::system_error const& failure) {
    log::write(log::level::warning,
               std::string(failure.what()) + ": polling instead; raise the sysctl "
                                             "fs.inotify.max_user_instances",
               {{"MESSAGE_ID", message_id::not_watched},
                {"ERRNO", std::to_string(failure.code().value())}});
    return std::nullopt;
  }
}

settle::sign sign_of(std::uint32_t mask) {
  if ((mask & IN_CLOSE_WRITE) != 0) return settle::sign::closed;
  if ((mask & IN_MODIFY) != 0) return settle::sign::written;
  if ((mask & IN_ATTRIB) != 0) return settle::sign::changed;
  return settle::sign::replaced;
}

} // namespace

source_watcher::impl::impl(asio::any_io_executor const& loop, options how,
                           std::vector<known_source> const& known, handler found)
    : loop_(loop), how_(std::move(how)), found_(std::move(found)), kernel_(open_inotify()),
      timer_(loop), settle_({.quiet = how_.quiet,
                             .late = how_.late,
                             .ahead = how_.quiet > read_ahead_after ? read_ahead_after : 0ms}),
      ledger_(how_, known), looker_(how_, known, kernel_ ? &*kernel_ : nullptr) {
  inbox_->owner = this;
  if (kernel_) events_.emplace(loop, kernel_->descriptor());
}

source_watcher::impl::~impl() {
  inbox_->owner = nullptr;
  worker_.join();
  if (events_) events_->release(); // the descriptor is kernel_'s
}

asio::awaitable<void> source_watcher::impl::run() {
  using namespace asio::experimental::awaitable_operators;
  struct end_of_run {
    std::shared_ptr<inbox> box;
    ~end_of_run() { box->running = false; }
  };
  end_of_run const at_end{inbox_};
  inbox_->running = true;
  pump();
  auto reading = read_events();
  auto mounts = watch_mounts();
  auto ticking = keep_time();
  co_await (std::move(reading) && std::move(mounts) && std::move(ticking));
}

asio::awaitable<void> source_watcher::impl::read_events() {
  if (!events_) co_return;
  while (true) {
    auto const [failed] = co_await events_->async_wait(asio::posix::stream_descriptor::wait_read,
                                                       asio::as_tuple(asio::use_awaitable));
    if (failed) co_return;
    drain();
    pump();
  }
}

asio::awaitable<void> source_watcher::impl::watch_mounts() {
  // proc(5): /proc/PID/mountinfo is exceptional (POLLPRI) when a file system was mounted or
  // unmounted.
  int const fd = ::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (fd < 0) co_return;
  asio::posix::stream_descriptor mounts(loop_, fd);
  while (true) {
    auto const [failed] = co_await mounts.async_wait(asio::posix::stream_descriptor::wait_error,
                                                     asio::as_tuple(asio::use_awaitable));
    if (failed) co_return;
    note_everything();
    pump();
  }
}

asio::awaitable<void> source_watcher::impl::keep_time() {
  while (true) {
    timer_.expires_at(next_wake());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    pump();
  }
}

void source_watcher::impl::drain() {
  if (!kernel_) return;
  kernel_->read([this](kernel_event const& event) {
    ++figures_.events;
    on_event(event);
  });
}

void source_watcher::impl::on_event(kernel_event const& event) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    ++figures_.overflows;
    current_.lost_events = true;
    settle_.lose_track();
    note_everything();
    return;
  }
  if (!routes_.knows(event.watch)) {
    // Perhaps a watch that the current look has set.
    if (!busy_) return;
    if (early_.size() >= maximum_early_events) {
      note_everything();
    } else {
      early_.emplace_back(event, event.name);
    }
    return;
  }
  if ((event.mask & IN_UNMOUNT) != 0) {
    for (auto const& directory : routes_.directories(event.watch))
      ledger_.unmounted(directory);
  }
  for (auto const& path : routes_.subjects(event))
    note(path, event);
  if ((event.mask & IN_IGNORED) != 0) {
    lost_watches_.push_back(event.watch);
    routes_.forget(event.watch);
  }
}

void source_watcher::impl::note(std::string const& path, kernel_event const& event) {
  auto const sign = sign_of(event.mask);
  bool const is_write = sign == settle::sign::written || sign == settle::sign::closed;
  if (is_write && busy_) current_.rewritten.insert(path);
  bool const is_file = !event.name.empty() && (event.mask & IN_ISDIR) == 0;
  if (is_file && sign != settle::sign::replaced) {
    // Editors keep their swap files open; an open one does not mean that a source is open.
    bool const is_source = !is_leftover(event.name) && format_of(event.name);
    if (!is_source && !ledger_.is_link_target(path)) return;
  }
  settle_.note(path, sign, clock::now());
}

clock::time_point source_watcher::impl::next_wake() const {
  if (busy_ || !inbox_->running) return clock::time_point::max();
  auto next = std::min(next_sweep_, next_poll_);
  if (auto const settled = settle_.next()) next = std::min(next, *settled);
  if (auto const ahead = settle_.next_ahead()) next = std::min(next, *ahead);
  if (auto const overdue = ledger_.next_overdue()) next = std::min(next, *overdue);
  if (auto const emptied = ledger_.next_emptied()) next = std::min(next, *emptied);
  return next;
}

/// Begins a look if one is due; otherwise sets the timer for the next one.
void source_watcher::impl::pump() {
  if (busy_ || !inbox_->running) return;
  look_request next;
  if (plan(next) || plan_ahead(next)) {
    start(std::move(next));
  } else if (next_wake() != timer_.expiry()) {
    timer_.cancel(); // it is set again by keep_time()
  }
}

source_watcher::source_watcher(asio::any_io_executor const& loop, options how,
                               std::vector<known_source> const& known, handler found)
    : impl_(std::make_unique<impl>(loop, std::move(how), known, std::move(found))) {}

source_watcher::~source_watcher() = default;

asio::awaitable<void> source_watcher::run() { return impl_->run(); }

void source_watcher::look_now(depth how_far, std::function<void()> done) {
  impl_->waiters_.push_back(
      {.how_far = how_far, .done = std::move(done), .looked = false, .unreported = {}});
  impl_->pump();
}

std::size_t source_watcher::emptied() const { return impl_->ledger_.emptied(); }

std::vector<unused_file> source_watcher::unused() const { return impl_->unused(); }

std::string_view source_watcher::watched_by(source_id const& id) const {
  return impl_->routes_.is_polled(impl_->unit_of(id)) ? "poll" : "inotify";
}

source_watcher::counts source_watcher::figures() const { return impl_->figures_; }

} // namespace cfgd::watchers
