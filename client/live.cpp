/// A `live` is a thread that follows a watch, and what it publishes: one immutable table for each
/// event, with the revision and with the mark that says that the service is away. Readers get at
/// tables by detail::published, without waiting. The mutex is only for those who wait for the next
/// one.
///
/// The thread outlives everything but the `live`: where the watch ends by a refusal, it is begun
/// anew after a while, because rights and services change.

#include "client/live.hpp"

#include "client/address.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/published.hpp"
#include "client/detail/value_table.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::client {
namespace detail {
namespace {

struct live_table {
  value_table values;
  revision_number revision = 0;
  std::optional<std::string> store_id;
  std::optional<staleness> stale;
};

} // namespace

/// What readers and the thread share. The thread alone publishes.
struct live_state {
  using pin = published<live_table>::pin;

  void publish(std::unique_ptr<live_table const> next) {
    tables.publish(std::move(next));
    // Whoever has found nothing new waits before this, or looks again after it.
    { std::lock_guard const lock(mutex); }
    changed.notify_all();
  }
  void end() {
    {
      std::lock_guard const lock(mutex);
      is_over = true;
    }
    changed.notify_all();
  }
  std::unique_ptr<live_table> copy() const {
    return std::make_unique<live_table>(*tables.newest());
  }

  /// One event: a whole state, or a change.
  void apply(watch_event&& event) {
    auto next = copy();
    if (event.ready) {
      next->values = {};
      next->stale.reset();
      next->store_id = std::move(event.store_id);
    }
    for (auto const& key : event.removed)
      next->values.erase(key);
    for (auto& member : event.values)
      next->values.set(member.key(), std::move(member.value()));
    next->revision = event.revision;
    publish(std::move(next));
  }
  /// A loss that follows another one does not change since when.
  void lost(call_error const& why) {
    auto next = copy();
    auto const since = next->stale ? next->stale->since : std::chrono::system_clock::now();
    next->stale = staleness{since, why};
    publish(std::move(next));
  }
  void resumed(revision_number revision) {
    auto next = copy();
    next->revision = revision;
    next->stale.reset();
    publish(std::move(next));
  }

  published<live_table> tables{std::make_unique<live_table const>(
      live_table{.values = {},
                 .revision = 0,
                 .store_id = {},
                 .stale = staleness{std::chrono::system_clock::now(),
                                    closed("the service has not answered yet")}})};
  std::mutex mutex; ///< guards is_over, and orders publishing and waiting
  std::condition_variable changed;
  bool is_over = false; ///< nothing more is published
};

} // namespace detail

struct live_values::impl {
  explicit impl(std::shared_ptr<detail::live_state> of)
      : state(std::move(of)), table(state->tables) {}

  std::shared_ptr<detail::live_state> state;
  detail::live_state::pin table; ///< in the state
};

live_values::live_values(std::shared_ptr<detail::live_state> of)
    : impl_(std::make_unique<impl>(std::move(of))) {}
live_values::live_values(live_values&& other) noexcept = default;
live_values& live_values::operator=(live_values&& other) noexcept = default;
live_values::~live_values() = default;

boost::json::value const* live_values::find(std::string_view key) const noexcept {
  return impl_->table->values.find(key);
}

std::size_t live_values::size() const noexcept { return impl_->table->values.size(); }

void live_values::for_each(
    std::function<void(std::string_view, boost::json::value const&)> const& visit) const {
  impl_->table->values.for_each(visit);
}

revision_number live_values::revision() const noexcept { return impl_->table->revision; }

std::optional<std::string> const& live_values::store_id() const noexcept {
  return impl_->table->store_id;
}

staleness const* live_values::stale() const noexcept {
  auto const& stale = impl_->table->stale;
  return stale ? &*stale : nullptr;
}

bool live_values::refresh() noexcept { return impl_->table.refresh(); }

bool live_values::wait(std::chrono::milliseconds limit) {
  // Above it the standard library's sum with the time of now overflows.
  constexpr std::chrono::hours longest_wait{24 * 365};
  auto& state = *impl_->state;
  {
    std::unique_lock lock(state.mutex);
    state.changed.wait_for(lock, std::min<std::chrono::milliseconds>(limit, longest_wait), [&] {
      return state.is_over || state.tables.newest() != &*impl_->table;
    });
  }
  return refresh();
}

namespace {
constexpr std::chrono::milliseconds pause_without_memory{100};
} // namespace

struct live::impl {
  explicit impl(live_options options) : how(std::move(options)) {}
  ~impl() {
    {
      std::lock_guard const lock(state->mutex);
      is_closing = true;
    }
    state->changed.notify_all();
    while (!post_end())
      std::this_thread::yield(); // until there is memory for it
    if (thread.joinable()) thread.join();
    state->end();
  }
  impl(impl const&) = delete;
  impl& operator=(impl const&) = delete;

  /// Signals are for the threads of the program.
  void start() {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      thread = std::thread([this] { run(); });
    } catch (...) {
      ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  /// False: there is no memory.
  bool post_end() noexcept {
    try {
      asio::post(loop, [this] {
        is_over = true;
        pause.cancel();
        if (watched) watched->stop();
      });
      return true;
    } catch (std::exception const&) {
      return false;
    }
  }

  /// What is thrown in the thread (out of memory, most likely) is for open(), or does not end it:
  /// what was published stays, and the watch is begun anew.
  void run() noexcept {
    for (;;) {
      try {
        loop.restart(); // what is thrown may have been the last that it had to do
        asio::co_spawn(loop, follow(), [](std::exception_ptr const& failed) {
          if (failed) std::rethrow_exception(failed);
        });
        loop.run();
        return;
      } catch (std::exception const&) {
        if (!std::exchange(has_begun, true)) return begun.set_exception(std::current_exception());
        how.first = first_connect::retry;
        mark_failed();
        std::unique_lock lock(state->mutex);
        state->changed.wait_for(lock, pause_without_memory, [this] { return is_closing; });
      }
    }
  }
  void mark_failed() noexcept {
    try {
      state->lost(detail::closed("the watch has failed"));
    } catch (std::exception const&) {
      return; // there is no memory for that, either
    }
  }

  watch_options watching() {
    watch_options out;
    out.prefixes = how.prefixes;
    out.address = how.address;
    out.first = how.first;
    out.time_limit = how.time_limit;
    out.shortest_wait = how.shortest_wait;
    out.longest_wait = how.longest_wait;
    out.without_secrets = !how.secrets;
    out.on_lost = [this](call_error const& why) { state->lost(why); };
    out.on_resumed = [this] { state->resumed(watched->revision()); };
    return out;
  }

  asio::awaitable<void> follow() {
    while (!is_over) {
      watched.emplace(loop.get_executor(), watching());
      for (;;) {
        auto event = co_await watched->next();
        if (is_over) co_return;
        if (!event) {
          on_end(event.error());
          break;
        }
        state->apply(std::move(*event));
        on_first({});
      }
      if (is_over) co_return;
      pause.expires_after(how.longest_wait);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  void on_end(call_error const& why) {
    state->lost(why);
    on_first(why);
  }
  /// What open() waits for.
  void on_first(result<void> outcome) {
    if (std::exchange(has_begun, true)) return;
    is_over = !outcome;
    how.first = first_connect::retry;
    begun.set_value(std::move(outcome));
  }

  live_options how;
  std::shared_ptr<detail::live_state> state = std::make_shared<detail::live_state>();
  std::promise<result<void>> begun;
  bool is_closing = false; ///< guarded by the mutex of the state
  bool has_begun = false;  ///< begun has its value, or nobody waits for it
  // Of the thread.
  bool is_over = false;
  asio::io_context loop{1};
  asio::steady_timer pause{loop};
  std::optional<watcher> watched;
  std::thread thread;
};

result<live> live::open(live_options options) {
  if (auto path = socket_path(options.address); !path) return std::move(path).error();
  auto made = std::make_unique<impl>(std::move(options));
  bool const waits = made->how.first == first_connect::must_succeed;
  made->has_begun = !waits;
  auto begun = made->begun.get_future();
  made->start();
  if (waits)
    if (auto outcome = begun.get(); !outcome) return std::move(outcome).error();
  return live(std::move(made));
}

live::live(std::unique_ptr<impl> made) : impl_(std::move(made)) {}
live::live(live&& other) noexcept = default;
live& live::operator=(live&& other) noexcept = default;
live::~live() = default;

live_values live::values() const { return live_values(impl_->state); }

void live::with_value(std::string_view key,
                      std::function<void(boost::json::value const*)> const& use) const {
  detail::live_state::pin const now(impl_->state->tables);
  use(now->values.find(key));
}

revision_number live::revision() const {
  return detail::live_state::pin(impl_->state->tables)->revision;
}

std::optional<std::chrono::system_clock::time_point> live::stale() const {
  detail::live_state::pin const now(impl_->state->tables);
  return now->stale ? std::optional(now->stale->since) : std::nullopt;
}

} // namespace cfgd::client
