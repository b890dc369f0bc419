/// The third driver of an exchange, beside poll(2) and Asio: epoll(7), whose descriptor is handed
/// to the event loop of the program. A timer in it stands for all that is due at some time: the end
/// of a pause, a deadline, and replies that were received together with the one that was just
/// given.

#include "client/detail/polled_watch.hpp"

#include "client/address.hpp"
#include "client/detail/failures.hpp"
#include "client/detail/socket.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace cfgd::client::detail {
namespace {

constexpr std::chrono::milliseconds pause_after_exception{100};

void add(int poller, int descriptor, std::uint32_t events) {
  epoll_event wanted{};
  wanted.events = events;
  if (::epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &wanted) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

} // namespace

polled_watch::polled_watch(watch_options how)
    : address_(how.address), time_limit_(how.time_limit), progress_(how),
      retry_(retry_of(std::move(how))), poller_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!poller_ || !timer_)
    throw std::system_error(errno, std::generic_category(), "a descriptor for a watch");
  add(poller_.get(), timer_.get(), EPOLLIN);
  wake_at(clock::now());
}

result<std::optional<watch_event>> polled_watch::dispatch() {
  try {
    return advance_watch();
  } catch (...) {
    // A reply may be lost that was taken from the connection.
    disconnect();
    resume_at_ = clock::now() + pause_after_exception;
    wake_at(resume_at_);
    throw;
  }
}

result<std::optional<watch_event>> polled_watch::advance_watch() {
  line_.on_ready(); // a system call that is made too early says so
  while (!end_) {
    if (stage_ == stage::paused && clock::now() < resume_at_) {
      wake_at(resume_at_);
      return std::optional<watch_event>();
    }
    result<std::optional<watch_event>> outcome = std::optional<watch_event>();
    if (stage_ == stage::paused) {
      if (auto begun = connect(); !begun) outcome = begun.error();
    } else if (auto const needed = advance_line(); needed != action::done) {
      wait_for(needed);
      return std::optional<watch_event>();
    } else {
      outcome = take();
    }
    if (outcome && *outcome) {
      wake_at(clock::now()); // more may have been received with it
      return outcome;
    }
    if (outcome) continue;
    disconnect();
    lost_ = true;
    if (auto const pause = retry_.on_failure(outcome.error())) {
      resume_at_ = clock::now() + *pause;
    } else {
      end_ = outcome.error();
    }
  }
  return *end_;
}

result<void> polled_watch::connect() {
  auto path = socket_path(address_);
  if (!path) return path.error();
  auto first = administrators_socket(*path);
  second_path_ = first.empty() ? std::string() : *path;
  return connect_to(first.empty() ? *path : std::move(first));
}

result<void> polled_watch::connect_to(std::string path) {
  socket_.reset(open_socket());
  if (!socket_) return unreachable(path, errno_text(errno));
  line_.connect(std::move(path), deadline_after(time_limit_));
  stage_ = stage::connecting;
  return {};
}

action polled_watch::advance_line() {
  for (;;) {
    auto const needed = advance(line_, socket_.get());
    if (needed == action::done || clock::now() < line_.deadline()) return needed;
    line_.on_timeout();
  }
}

result<std::optional<watch_event>> polled_watch::take() {
  auto got = line_.take();
  if (!got && stage_ == stage::connecting && !second_path_.empty()) {
    auto begun = connect_to(std::exchange(second_path_, {}));
    if (!begun) return begun.error();
    return std::optional<watch_event>();
  }
  if (!got) return got.error();
  if (stage_ == stage::streaming) return take_reply(std::move(*got));

  stage_ = stage::streaming;
  std::string const parameters = progress_.begin();
  line_.call(watched_keys::method(), parameters, ipc::call_kind::more, deadline_after(time_limit_));
  return std::optional<watch_event>();
}

result<std::optional<watch_event>> polled_watch::take_reply(reply got) {
  if (!got.continues) return closed("the service ended the watch");
  auto event = progress_.take(std::move(got.parameters));
  if (!event) return event;
  retry_.on_success();
  lost_ = false;
  line_.next_reply(progress_.waits_long() ? clock::time_point::max() : deadline_after(time_limit_));
  return event;
}

void polled_watch::disconnect() {
  socket_.reset(); // which takes it out of the poller
  stage_ = stage::paused;
}

void polled_watch::wait_for(action needed) {
  auto const end = line_.deadline();
  // A socket that is not connected is not in the poller: it would be ready all the time (EPOLLHUP).
  if (needed == action::wait_backlog) return wake_at(std::min(end, clock::now() + backlog_retry));
  epoll_event wanted{};
  wanted.events = needed == action::wait_writable ? EPOLLOUT : EPOLLIN;
  bool const is_in = ::epoll_ctl(poller_.get(), EPOLL_CTL_MOD, socket_.get(), &wanted) == 0;
  if (!is_in) add(poller_.get(), socket_.get(), wanted.events);
  wake_at(end);
}

/// time_point::max(): never.
void polled_watch::wake_at(clock::time_point when) {
  itimerspec at{};
  if (when != clock::time_point::max()) {
    // steady_clock is CLOCK_MONOTONIC. A time of zero would stop the timer.
    auto const since = std::max<clock::duration>(when.time_since_epoch(), clock::duration(1));
    auto const seconds = std::chrono::floor<std::chrono::seconds>(since);
    at.it_value.tv_sec = static_cast<std::time_t>(seconds.count());
    at.it_value.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since - seconds).count());
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

} // namespace cfgd::client::detail
