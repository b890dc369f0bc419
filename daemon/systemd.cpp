#include "daemon/systemd.hpp"

#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/line_text.hpp"
#include "daemon/problems/problems_report.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <systemd/sd-daemon.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

// The watchdog covers both threads that matter. Its timer runs on the loop, so a loop that hangs
// does not notify it. With each notification goes a query to the committer, which answers it after
// the work before it; the watchdog is notified only if an answer came since the last notification
// but one. So a commit may take as long as the watchdog's time before notifications stop, and twice
// as long before the service is killed: enough for a disk that is merely slow.
//
// A start that reads many files may take longer than systemd waits: its timeout is extended while
// it works, up to pace::longest_start.

namespace cfgd::systemd {
namespace {

namespace asio = boost::asio;

/// A passed descriptor with its name.
struct passed_socket {
  int descriptor = -1;
  std::string name;
};

std::vector<passed_socket> all_passed() {
  char** names = nullptr;
  int const count = ::sd_listen_fds_with_names(1, &names);
  std::vector<passed_socket> passed;
  for (int index = 0; index < count; ++index)
    passed.push_back({SD_LISTEN_FDS_START + index, names[index]}); // NOLINT: an array of C
  for (int index = 0; index < count; ++index)
    std::free(names[index]); // NOLINT: sd_listen_fds_with_names(3) requires it
  std::free(names);          // NOLINT
  return passed;
}

} // namespace

passed_sockets take_sockets(std::set<std::string_view> const& known) {
  auto const passed = all_passed();
  bool const named = std::any_of(passed.begin(), passed.end(),
                                 [](auto const& one) { return one.name == varlink_socket; });
  passed_sockets taken;
  for (auto const& one : passed) {
    if (known.contains(one.name)) {
      taken[one.name].push_back(one.descriptor);
      continue;
    }
    if (!named) {
      taken[std::string(varlink_socket)].push_back(one.descriptor);
      continue;
    }
    log::write(log::level::warning,
               "the passed socket '" + one.name + "' is not for this service, closing it",
               {{"MESSAGE_ID", message_id::socket_unusable}});
    ::close(one.descriptor);
  }
  return taken;
}

std::string unit_of(pid_t process) {
  char* unit = nullptr;
  if (process <= 0 || ::sd_pid_get_unit(process, &unit) < 0) return {};
  std::string text(unit);
  std::free(unit); // NOLINT: sd_pid_get_unit(3) requires it
  return text;
}

std::string client_units::of(std::uint64_t connection, pid_t process) {
  constexpr std::size_t most = 1'024;
  if (auto const found = known_.find(connection); found != known_.end()) return found->second;
  auto unit = find_(process);
  if (connection == 0) return unit;
  if (known_.size() >= most) known_.clear();
  known_.emplace(connection, unit);
  return unit;
}

supervisor::supervisor(asio::any_io_executor const& loop, parts with, pace how)
    : parts_(std::move(with)), pace_(how), listened_to_(std::getenv("NOTIFY_SOCKET") != nullptr),
      next_beat_(clock::now()), next_status_(next_beat_),
      next_extension_(next_beat_ + pace_.extension),
      last_extension_(next_beat_ + pace_.longest_start), timer_(loop) {
  std::uint64_t period_us = 0;
  if (::sd_watchdog_enabled(0, &period_us) > 0)
    beat_every_ = std::chrono::microseconds(period_us) / 2;
  timer_.expires_at(clock::time_point::max());
}

asio::awaitable<void> supervisor::run() {
  if (!listened_to_) co_return;
  auto const state = co_await asio::this_coro::cancellation_state;
  while (state.cancelled() == asio::cancellation_type::none) {
    timer_.expires_at(act(clock::now()));
    // An early end means that something is new, or cancellation, which the loop checks.
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

supervisor::clock::time_point supervisor::act(clock::time_point now) {
  auto next = clock::time_point::max();
  if (beat_every_ != clock::duration::zero()) {
    if (now >= next_beat_) {
      beat();
      next_beat_ = now + beat_every_;
    }
    next = next_beat_;
  }
  if (!ready_ && now < last_extension_) {
    if (now >= next_extension_) {
      auto const until = std::chrono::microseconds(3 * pace_.extension).count();
      notify("EXTEND_TIMEOUT_USEC=" + std::to_string(until));
      next_extension_ = now + pace_.extension;
    }
    next = std::min(next, next_extension_);
  }
  if (status_is_new_ && !stopping_) {
    if (now >= next_status_) {
      notify(status_text());
      status_is_new_ = false;
      next_status_ = now + pace_.status;
    } else {
      next = std::min(next, next_status_);
    }
  }
  return next;
}

void supervisor::beat() {
  if (committer_.beat()) {
    notify("WATCHDOG=1");
  } else if (!std::exchange(silence_logged_, true)) {
    report("committer_silent", "the store does not answer");
  }
  if (std::exchange(asked_, true)) return;
  parts_.ping([this] {
    asked_ = false;
    if (std::exchange(silence_logged_, false))
      report_over("committer_silent", "the store answers again");
    committer_.answered();
  });
}

void supervisor::ready() {
  if (stopping_) return;
  ready_ = true;
  notify("READY=1\n" + status_text());
}

void supervisor::begin_reload() {
  if (++reloads_ != 1 || !ready_ || stopping_) return;
  auto const now = std::chrono::floor<std::chrono::microseconds>(clock::now().time_since_epoch());
  // Type=notify-reload of systemd 253 and later wants the time.
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()) +
         "\nSTATUS=Reloading settings and sources");
}

void supervisor::end_reload() {
  if (--reloads_ == 0 && ready_ && !stopping_) notify("READY=1\n" + status_text());
}

void supervisor::stopping() {
  if (!std::exchange(stopping_, true)) notify("STOPPING=1\nSTATUS=Stopping");
}

void supervisor::status_changed() {
  if (!listened_to_ || !ready_ || std::exchange(status_is_new_, true)) return;
  timer_.expires_at(std::min(timer_.expiry(), std::max(next_status_, clock::now())));
}

void supervisor::notify(std::string const& text) const {
  // A failure is not logged: the service manager notices a missing notification itself.
  if (listened_to_) (void)::sd_notify(0, text.c_str());
}

std::string supervisor::status_text() const { return "STATUS=" + one_line(parts_.status()); }

} // namespace cfgd::systemd
