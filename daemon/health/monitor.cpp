#include "daemon/health/monitor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/assert.hpp>

#include <algorithm>
#include <exception>
#include <utility>

// The schedule decides which check is due, and each check's current_status what a result means;
// this file has the clock, the calls of checks and the waiters. A run is identified by its number:
// an answer that comes late, twice, or from a removed check matches no awaited run and is dropped.
//
// The timer of this class also measures how late the loop is.

namespace cfgd::health {
namespace {

namespace asio = boost::asio;

report first_report(std::string const& name) {
  return {.name = name,
          .found = {.what = state::unknown, .message = "the check has not run yet"},
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
  current_status status(first_report(what.name));
  all_.push_back(
      {.what = std::move(what), .status = std::move(status), .figures = {}, .started = {}});
  wake();
}

void monitor::remove(std::string_view name) {
  schedule_.remove(name);
  all_.remove_if([&](entry const& one) { return one.what.name == name; });
  answer_waiters();
}

monitor::entry* monitor::look_up(std::string_view name) {
  auto const found = std::ranges::find(all_, name, &entry::name);
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
    evaluate(*one, {.what = state::critical,
                    .message = "no answer within " + time_text(one->what.how.limit)});
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
    done(failed_run(broken));
  }
}

void monitor::take(std::string_view name, schedule::number run, finding found) {
  if (!schedule_.awaits(name, run)) return;
  auto* const one = look_up(name);
  evaluate(*one, std::move(found));
  schedule_.finish(name, run, clock::now(),
                   one->status.is_in_doubt() ? schedule::outlook::in_doubt
                                             : schedule::outlook::settled);
  answer_waiters();
  wake();
}

void monitor::evaluate(entry& one, finding found) {
  report newest{.name = one.what.name,
                .found = std::move(found),
                .duration = clock::now() - one.started,
                .time = wall_now()};
  auto const before = one.status.take(std::move(newest), one.cause);
  if (!before) return;
  ++one.figures.transitions;
  changed_({.now = one.status.shown(),
            .before = *before,
            .overall = overall(),
            .is_first = one.figures.transitions == 1 && *before == state::unknown});
}

state monitor::overall() const {
  state worst = state::healthy;
  for (auto const& one : all_)
    worst = std::max(worst, one.status.shown().found.what);
  return worst;
}

std::vector<report> monitor::reports() const {
  std::vector<report> all;
  for (auto const& one : all_)
    all.push_back(one.status.shown());
  return all;
}

report const* monitor::find(std::string_view name) const {
  auto const found = std::ranges::find(all_, name, &entry::name);
  return found == all_.end() ? nullptr : &found->status.shown();
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

void monitor::refresh(std::string_view name) {
  if (!contains(name)) return;
  refreshes_.insert_or_assign(std::string(name), schedule_.refresh(name, clock::now()));
  wake();
}

void monitor::when_current(std::function<void()> done) {
  if (look_at_inputs_) look_at_inputs_();
  std::erase_if(refreshes_,
                [&](auto const& one) { return schedule_.is_done(one.first, one.second); });
  if (refreshes_.empty()) {
    done();
    return;
  }
  waiters_.push_back({.tickets = {refreshes_.begin(), refreshes_.end()}, .done = std::move(done)});
}

/// Calls the waiters from the loop, as they may call any function of this class.
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
