#include "daemon/health/clock_watch.hpp"

#include <ctime>

// History, deadlines and logs carry the time of the wall clock. The service counts revisions and
// measures with the other clocks, so a jump breaks nothing; but whoever reads those times has to
// know of it.

namespace cfgd::health {
namespace {

/// The 1st of January 2024: no machine that runs this was ever there.
constexpr std::chrono::seconds earliest{1'704'067'200};

std::chrono::nanoseconds read_clock(clockid_t which) {
  timespec now{};
  ::clock_gettime(which, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

} // namespace

clock_watch::reading clock_watch::read() {
  return {.wall = read_clock(CLOCK_REALTIME),
          .monotonic = read_clock(CLOCK_MONOTONIC),
          .boot = read_clock(CLOCK_BOOTTIME)};
}

finding clock_watch::take(reading const& now) {
  if (last_) {
    auto const passed = now.boot - last_->boot;
    auto const by = (now.wall - last_->wall) - passed;
    auto const slept = passed - (now.monotonic - last_->monotonic);
    if (std::chrono::abs(by) >= least_) jump_ = jump{.by = by, .at = now.boot};
    if (slept >= least_) slept_ += slept;
  }
  last_ = now;
  if (jump_ && now.boot - jump_->at >= shown_for_) jump_.reset();

  finding found;
  found.details["sleptMs"] = milliseconds_of(slept_);
  if (jump_) {
    found.details["jumpMs"] = milliseconds_of(jump_->by);
    found.add(state::warning, "the clock was set " + time_text(std::chrono::abs(jump_->by)) +
                                  (jump_->by.count() < 0 ? " back" : " forward"));
  }
  if (now.wall < earliest)
    found.add(state::warning, "the clock was never set: times in the history are wrong");
  if (found.message.empty()) found.message = "the clock runs evenly";
  return found;
}

} // namespace cfgd::health
