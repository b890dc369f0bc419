/// The watch on the sources.
///
/// Four things run side by side on the loop: the reader of inotify, the wait for changes of the
/// mount table, one timer, and at most one look, which a thread of its own does. An event only says
/// where to look again; `settle` says when; `looker` looks; `ledger` says what of it is news;
/// `routes` knows which event concerns which part. What arrives during a look waits for the next one.
///
/// Invariants:
/// - The looker belongs to the worker while `busy_`, and nothing else is shared: a request goes over,
///   a result comes back through the loop.
/// - Bytes are handed out only if the file was the same before and after they were read, nobody has
///   it open for writing as far as events tell, and no event says that it was written to since the
///   look began: the queue is emptied before that is decided.
/// - The kernel says nothing about some changes (see inotify.cpp), so everything is looked at every
///   few seconds. Such a look has no event to say that a writer is done; a file that has only just
///   changed is left for another quiet period.
#include "watchers/source_watcher.hpp"

#include "core/log.hpp"
#include "watchers/inotify.hpp"
#include "watchers/ledger.hpp"
#include "watchers/look.hpp"
#include "watchers/routes.hpp"
#include "watchers/settle.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert.hpp>

#include <fcntl.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <exception>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace asio = boost::asio;

namespace cfgd::watchers {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// Noted when everything has to be looked at: after lost events, when mounts change.
constexpr std::string_view everything = "*";
/// Events of watches that a look has set and not yet reported; more of them are as good as lost.
constexpr std::size_t maximum_early_events = 65'536;

std::optional<inotify> open_inotify() {
  try {
    return std::optional<inotify>(std::in_place);
  } catch (std::system_error const& failure) {
    log::write(log::level::warning,
               std::string(failure.what()) + ": polling instead; raise the sysctl "
                                             "fs.inotify.max_user_instances",
               {{"ERRNO", std::to_string(failure.code().value())}});
    return std::nullopt;
  }
}

std::string why_unwatched(int code) {
  if (code == ENOSPC) return "raise the sysctl fs.inotify.max_user_watches";
  if (code == EMFILE) return "raise the sysctl fs.inotify.max_user_instances";
  if (code == EDQUOT) return "the limit watched_directories is reached";
  return std::generic_category().message(code);
}

settle::sign sign_of(std::uint32_t mask) {
  if ((mask & IN_CLOSE_WRITE) != 0) return settle::sign::closed;
  if ((mask & IN_MODIFY) != 0) return settle::sign::written;
  if ((mask & IN_ATTRIB) != 0) return settle::sign::changed;
  return settle::sign::replaced;
}

bool changed_within(file_identity const& identity, std::chrono::nanoseconds span) {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  auto const age = now - std::chrono::nanoseconds(identity.changed_ns);
  return age >= 0ns && age < span;
}

} // namespace

struct source_watcher::impl {
  impl(asio::any_io_executor loop, options how, std::vector<known_source> known, handler found);
  ~impl();

  asio::awaitable<void> run();
  asio::awaitable<void> read_events();
  asio::awaitable<void> watch_mounts();
  asio::awaitable<void> keep_time();

  void drain();
  void on_event(kernel_event const& event);
  void note(std::string const& path, kernel_event const& event);
  void note_everything() { settle_.note(everything, settle::sign::changed, clock::now()); }

  clock::time_point next_wake() const;
  void pump();
  bool plan(look_request& next);
  void plan_missing(look_request& next, clock::time_point now);
  void start(look_request next);
  void on_look(look_result result, std::exception_ptr failure);
  ledger::outcome judge(finding found, std::vector<observation>& tell);
  void look_again(source_id const& id, std::string const& location, clock::time_point first);
  look_unit unit_of(source_id const& id) const;
  bool is_premature(finding const& found) const;
  void give_up_missing(std::vector<observation>& tell);
  void warn(look_result const& result);
  void answer();

  /// Someone who waits for a look at everything.
  struct waiter {
    depth how_far;
    std::function<void()> done;
    bool looked = false;
    std::set<source_id> owed; ///< seen by the look, and not yet told
  };
  /// The look under way.
  struct look_state {
    bool whole = false;
    bool asked = false; ///< by somebody, or the first
    depth how_far = depth::changed;
    std::unordered_map<std::string, settle::time> released;
    std::vector<source_id> overdue;
    std::unordered_set<std::string> rewritten; ///< written to since it began
    bool lost_events = false;
  };
  /// How a result finds its way back; the owner is gone when the watcher is.
  struct inbox {
    impl* owner = nullptr;
    bool running = false;
  };

  asio::any_io_executor loop_;
  options how_;
  handler found_;
  std::optional<inotify> kernel_;
  std::optional<asio::posix::stream_descriptor> events_;
  asio::steady_timer timer_;
  settle settle_;
  ledger ledger_;
  routes routes_;
  look_state current_;
  std::deque<waiter> waiters_;
  std::vector<source_id> again_;
  std::set<source_id> tell_all_; ///< asked for with depth::all and not yet told
  std::vector<int> lost_watches_;
  std::vector<std::pair<kernel_event, std::string>> early_;
  clock::time_point next_sweep_ = clock::time_point::min();
  clock::time_point next_poll_ = clock::time_point::max();
  bool busy_ = false;
  bool first_ = true;
  bool warned_unwatched_ = false;
  bool warned_files_ = false;
  std::exception_ptr failure_;
  counts figures_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  looker looker_;
  asio::thread_pool worker_{1};
};

source_watcher::impl::impl(asio::any_io_executor loop, options how,
                           std::vector<known_source> known, handler found)
    : loop_(loop), how_(std::move(how)), found_(std::move(found)), kernel_(open_inotify()),
      timer_(loop), settle_({.quiet = how_.quiet, .late = how_.late}), ledger_(how_, known),
      looker_(how_, known, kernel_ ? &*kernel_ : nullptr) {
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
  auto time = keep_time();
  co_await (std::move(reading) && std::move(mounts) && std::move(time));
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
  // proc(5): /proc/PID/mountinfo is exceptional (POLLPRI) when a file system was mounted or unmounted.
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
    // Perhaps a watch that the look under way has set.
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
    // Editors keep their swap files open; whose they are says nothing about a source.
    bool const is_source = !is_leftover(event.name) && format_of(event.name);
    if (!is_source && !ledger_.is_link_target(path)) return;
  }
  settle_.note(path, sign, clock::now());
}

clock::time_point source_watcher::impl::next_wake() const {
  if (busy_ || !inbox_->running) return clock::time_point::max();
  auto next = std::min(next_sweep_, next_poll_);
  if (auto const settled = settle_.next()) next = std::min(next, *settled);
  if (auto const overdue = ledger_.next_overdue()) next = std::min(next, *overdue);
  return next;
}

/// Begins a look if one is due, and sees to it that the timer wakes us for the next.
void source_watcher::impl::pump() {
  if (busy_ || !inbox_->running) return;
  look_request next;
  if (plan(next)) {
    start(std::move(next));
  } else if (next_wake() != timer_.expiry()) {
    timer_.cancel(); // it is set again by keep_time()
  }
}

bool source_watcher::impl::plan(look_request& next) {
  bool const waited_for = std::any_of(waiters_.begin(), waiters_.end(),
                                      [](waiter const& who) { return !who.looked; });
  current_ = {};
  current_.asked = waited_for || first_;
  if (current_.asked) drain();
  auto const now = clock::now();
  auto group = current_.asked ? settle_.take_closed() : settle_.take(now);
  next.whole = current_.asked || now >= next_sweep_;
  for (auto& [subject, first] : group) {
    if (subject == everything) next.whole = true;
    routes_.add_units(subject, next);
    current_.released.emplace(std::move(subject), first);
  }
  if (now >= next_poll_) {
    routes_.add_polled(next);
    next_poll_ = now + how_.poll;
  }
  plan_missing(next, now);
  if (!next.whole && next.roots.empty() && next.units.empty()) return false;
  for (auto& who : waiters_) {
    if (!std::exchange(who.looked, true))
      current_.how_far = std::max(current_.how_far, who.how_far);
  }
  current_.whole = next.whole;
  next.how_far = current_.how_far;
  next.skip = settle_.subjects();
  next.again = std::exchange(again_, {});
  next.lost_watches = std::exchange(lost_watches_, {});
  return true;
}

void source_watcher::impl::plan_missing(look_request& next, clock::time_point now) {
  for (auto const& id : ledger_.overdue(now)) {
    auto const location = ledger_.location(id);
    if (settle_.settles(location)) {
      ledger_.postpone(id, now + how_.quiet + 10ms);
      continue;
    }
    next.units.insert(unit_of(id));
    current_.overdue.push_back(id);
  }
}

void source_watcher::impl::start(look_request next) {
  busy_ = true;
  ++figures_.looks;
  asio::post(worker_, [this, box = inbox_, next = std::move(next)] {
    look_result result;
    std::exception_ptr failure;
    try {
      result = looker_.look(next);
    } catch (...) {
      failure = std::current_exception();
    }
    asio::post(loop_, [box, failure, result = std::move(result)]() mutable {
      if (box->owner != nullptr) box->owner->on_look(std::move(result), failure);
    });
  });
}

void source_watcher::impl::on_look(look_result result, std::exception_ptr failure) {
  if (failure || !inbox_->running) {
    busy_ = false;
    failure_ = failure;
    timer_.cancel();
    return;
  }
  routes_.apply(result);
  for (auto& [event, name] : std::exchange(early_, {})) {
    event.name = name;
    if (routes_.knows(event.watch)) on_event(event);
  }
  drain();
  figures_.watches = result.watch_count;
  figures_.polled_directories = result.unwatched.size();
  figures_.reads += result.reads;

  std::vector<observation> tell;
  for (auto& found : result.findings) {
    auto const id = found.id;
    auto const outcome = judge(std::move(found), tell);
    for (auto& who : waiters_) {
      if (outcome == ledger::outcome::settled) {
        who.owed.erase(id);
      } else if (current_.asked && who.looked) {
        who.owed.insert(id);
      }
    }
  }
  give_up_missing(tell);
  figures_.sources = ledger_.size();
  warn(result);

  auto const now = clock::now();
  if (current_.whole) {
    next_sweep_ = now + how_.sweep;
    ledger_.forget_unmounts();
  }
  if (!routes_.has_unwatched()) {
    next_poll_ = clock::time_point::max();
  } else if (next_poll_ == clock::time_point::max()) {
    next_poll_ = now + how_.poll;
  }
  first_ = false;
  if (!tell.empty()) found_(std::move(tell));
  answer();
  busy_ = false;
  pump();
}

bool source_watcher::impl::is_premature(finding const& found) const {
  if (std::holds_alternative<finding::unstable>(found.what)) return true;
  auto const* const file = std::get_if<whole_file>(&found.what);
  if (file == nullptr) return false;
  if (current_.lost_events || current_.rewritten.contains(found.location)) return true;
  bool const expected = current_.asked || current_.released.contains(found.location);
  return !expected && changed_within(file->identity, how_.quiet);
}

ledger::outcome source_watcher::impl::judge(finding found, std::vector<observation>& tell) {
  auto const now = clock::now();
  auto const location = found.location;
  auto const id = found.id;
  if (is_premature(found)) {
    ++figures_.unstable_reads;
    auto const before = current_.released.find(location);
    look_again(id, location, before == current_.released.end() ? now : before->second);
    return ledger::outcome::again;
  }
  bool const all = current_.how_far == depth::all || tell_all_.contains(id);
  ledger::circumstances const when{.now = now,
                                   .grace = first_ ? 0ms : how_.grace,
                                   .how_far = all ? depth::all : depth::changed};
  auto const outcome = ledger_.take(std::move(found), when, tell);
  if (outcome == ledger::outcome::again) {
    look_again(id, location, now);
  } else {
    tell_all_.erase(id);
  }
  return outcome;
}

void source_watcher::impl::look_again(source_id const& id, std::string const& location,
                                      clock::time_point first) {
  again_.push_back(id);
  if (current_.how_far == depth::all) tell_all_.insert(id);
  settle_.put_back(location, first, clock::now());
}

look_unit source_watcher::impl::unit_of(source_id const& id) const {
  auto const root = std::find_if(how_.roots.begin(), how_.roots.end(),
                                 [&](source_root const& one) { return one.where == id.where; });
  auto const slash = id.relative.find('/');
  return {.root = static_cast<std::size_t>(root - how_.roots.begin()),
          .name = slash == std::string::npos ? std::string() : id.relative.substr(0, slash)};
}

void source_watcher::impl::give_up_missing(std::vector<observation>& tell) {
  auto const now = clock::now();
  for (auto const& id : current_.overdue) {
    if (!ledger_.is_missing(id)) continue;
    if (settle_.settles(ledger_.location(id))) {
      ledger_.postpone(id, now + how_.quiet + 10ms);
      continue;
    }
    ledger_.give_up(id, tell);
    for (auto& who : waiters_)
      who.owed.erase(id);
  }
}

void source_watcher::impl::warn(look_result const& result) {
  if (result.unwatched.empty()) {
    warned_unwatched_ = false;
  } else if (!std::exchange(warned_unwatched_, true)) {
    auto const& [path, code] = *result.unwatched.begin();
    log::write(log::level::warning,
               std::to_string(result.unwatched.size()) + " directories are polled, as '" + path +
                   "' cannot be watched: " + why_unwatched(code),
               {{"ERRNO", std::to_string(code)}});
  }
  if (!current_.whole) return;
  if (result.ignored_files == 0) {
    warned_files_ = false;
  } else if (!std::exchange(warned_files_, true)) {
    log::write(log::level::warning,
               std::to_string(result.ignored_files) +
                   " source files are ignored: the limit source_files is " +
                   std::to_string(how_.bounds.source_files));
  }
}

void source_watcher::impl::answer() {
  while (!waiters_.empty() && waiters_.front().looked && waiters_.front().owed.empty()) {
    auto const done = std::move(waiters_.front().done);
    waiters_.pop_front();
    if (done) done();
  }
}

source_watcher::source_watcher(asio::any_io_executor loop, options how,
                               std::vector<known_source> known, handler found)
    : impl_(std::make_unique<impl>(std::move(loop), std::move(how), std::move(known),
                                   std::move(found))) {}

source_watcher::~source_watcher() = default;

asio::awaitable<void> source_watcher::run() { return impl_->run(); }

void source_watcher::look_now(depth how_far, std::function<void()> done) {
  impl_->waiters_.push_back(
      {.how_far = how_far, .done = std::move(done), .looked = false, .owed = {}});
  impl_->pump();
}

std::string_view source_watcher::watched_by(source_id const& id) const {
  return impl_->routes_.is_polled(impl_->unit_of(id)) ? "poll" : "inotify";
}

source_watcher::counts source_watcher::figures() const { return impl_->figures_; }

} // namespace cfgd::watchers
