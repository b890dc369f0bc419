#include "daemon/health/monitor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert.hpp>

#include <algorithm>
#include <exception>
#include <utility>

// What is due is decided by the schedule and what a result means by each check's standing; here are
// the clock, the calls and who waits for them. A run is known by its number: an answer that comes
// late, twice, or from a check that is gone by then finds nothing that waits for it, and is
// dropped.
//
// The own timer is the measure of the loop's lateness: it is there anyway.

namespace cfgd::health {
namespace {

namespace asio = boost::asio;

report first_report(std::string const& name) {
  return {.name = name,
          .found = {.what = state::unknown, .message = "it has not run yet", .details = {}},
          .duration = {},
          .time = wall_now()};
}

} // namespace

monitor::monitor(asio::any_io_executor const& loop, listener changed)
    : loop_(loop), changed_(std::move(changed)), timer_(loop) {
  timer_.expires_at(clock::time_point::max());
}

void monitor::add(check what) {
  schedule_.add(what.name, what.how, clock::now());
  current_status stands(first_report(what.name));
  all_.push_back(
      {.what = std::move(what), .stands = std::move(stands), .figures = {}, .started = {}});
  wake();
}

void monitor::remove(std::string_view name) {
  schedule_.remove(name);
  all_.remove_if([&](entry const& one) { return one.what.name == name; });
  answer_waiters();
}

monitor::entry* monitor::look_up(std::string_view name) {
  auto const found = std::find_if(all_.begin(), all_.end(),
                                  [&](entry const& one) { return one.what.name == name; });
  return found == all_.end() ? nullptr : &*found;
}

asio::awaitable<void> monitor::run() {
  auto const cancelled = co_await asio::this_coro::cancellation_state;
  while (cancelled.cancelled() == asio::cancellation_type::none) {
    act();
    auto const next = schedule_.next().value_or(clock::time_point::max());
    timer_.expires_at(next);
    auto const [early] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!early) lateness_ = std::max(lateness_, clock::now() - next);
  }
}

void monitor::act() {
  for (auto const& which : schedule_.take_due(clock::now()))
    begin(which);
  for (auto const& name : schedule_.take_overdue(clock::now())) {
    auto* const one = look_up(name);
    ++one->figures.overdue;
    judge(*one, {.what = state::critical,
                 .message = "no answer within " + time_text(one->what.how.limit),
                 .details = {}});
  }
  answer_waiters();
}

void monitor::begin(schedule::start const& which) {
  auto* const one = look_up(which.name);
  ++one->figures.runs;
  one->started = clock::now();
  one->cause = which.asked ? current_status::cause::asked : current_status::cause::timed;
  auto done = [this, name = which.name, run = which.run](finding found) {
    take(name, run, std::move(found));
  };
  auto const start = one->what.run; // it may remove the check
  try {
    start(done);
  } catch (std::exception const& broken) {
    done({.what = state::critical,
          .message = std::string("the check failed: ") + broken.what(),
          .details = {}});
  }
}

void monitor::take(std::string_view name, schedule::number run, finding found) {
  if (!schedule_.awaits(name, run)) return;
  auto* const one = look_up(name);
  judge(*one, std::move(found));
  schedule_.finish(name, run, clock::now(),
                   one->stands.is_in_doubt() ? schedule::outlook::in_doubt
                                             : schedule::outlook::settled);
  answer_waiters();
  wake();
}

void monitor::judge(entry& one, finding found) {
  report newest{.name = one.what.name,
                .found = std::move(found),
                .duration = clock::now() - one.started,
                .time = wall_now()};
  auto const before = one.stands.take(std::move(newest), one.cause);
  if (!before) return;
  ++one.figures.transitions;
  changed_({.now = one.stands.shown(), .before = *before, .overall = overall()});
}

state monitor::overall() const {
  state worst = state::healthy;
  for (auto const& one : all_)
    worst = std::max(worst, one.stands.shown().found.what);
  return worst;
}

std::vector<report> monitor::reports() const {
  std::vector<report> all;
  for (auto const& one : all_)
    all.push_back(one.stands.shown());
  return all;
}

report const* monitor::find(std::string_view name) const {
  auto const found = std::find_if(all_.begin(), all_.end(),
                                  [&](entry const& one) { return one.what.name == name; });
  return found == all_.end() ? nullptr : &found->stands.shown();
}

void monitor::run_now(std::vector<std::string> names, std::function<void()> done) {
  waiter waits{.tickets = {}, .done = std::move(done)};
  for (auto& name : names) {
    BOOST_ASSERT(contains(name));
    auto const ticket = schedule_.ask(name, clock::now());
    waits.tickets.emplace_back(std::move(name), ticket);
  }
  waiters_.push_back(std::move(waits));
  wake();
}

/// Through the loop: who waits may do what he likes.
void monitor::answer_waiters() {
  std::erase_if(waiters_, [this](waiter& one) {
    bool const done = std::all_of(one.tickets.begin(), one.tickets.end(), [this](auto const& of) {
      return schedule_.is_done(of.first, of.second);
    });
    if (done) asio::post(loop_, std::move(one.done));
    return done;
  });
}

std::map<std::string, monitor::counts, std::less<>> monitor::figures() const {
  std::map<std::string, counts, std::less<>> all;
  for (auto const& one : all_)
    all.emplace(one.what.name, one.figures);
  return all;
}

std::chrono::steady_clock::duration monitor::take_lateness() {
  return std::exchange(lateness_, clock::duration{});
}

/// Has run() look at the schedule again. Unless it waits now it does so by itself.
void monitor::wake() { timer_.expires_at(clock::now()); }

} // namespace cfgd::health
