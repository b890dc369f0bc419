#include "ipc/server_impl.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

// Turns that are asked for from outside (a handler answered later, a call is served in steps, a
// client has more calls waiting than its share) wait, and users are served in turn by the time that
// they have spent (fair_turns). A handler of the loop serves each that waits once, and ends after
// 0.05 ms, which is one long turn or many short ones: neither ten thousand watchers of one key nor
// clients with full pipes keep new events, timers and the watchdog waiting. A session that its
// socket has woken works at once if nobody waits, or if its user would be the next to have a turn.
//
// Deadlines are looked at by one task that sleeps until the earliest of them. They are seconds long
// and mostly not reached, so a timer for each connection would be memory and work for nothing.

namespace cfgd::ipc {

namespace {

namespace asio = boost::asio;
using clock = session_host::clock;

/// After this time the loop looks for new events, however many wait for a turn.
constexpr std::chrono::microseconds longest_loop_turn{50};
/// Sessions whose deadlines are looked at before the loop looks for new events.
constexpr std::size_t checked_in_a_turn = 64;
/// Sessions that work at once do so for this time, then they wait for a turn as others do.
constexpr std::chrono::microseconds longest_at_once{200};
/// The same while others wait for a turn.
constexpr std::chrono::microseconds longest_before_others{50};

} // namespace

void server::impl::want_turn(session& which) {
  turns.add({which.id(), which.from().uid});
  if (!std::exchange(turns_posted, true)) asio::post(loop, [this] { take_turns(); });
}

bool server::impl::may_work_at_once(session const& which) const {
  if (turns.empty()) return at_once < longest_at_once;
  return at_once < longest_before_others && turns.is_next(which.from().uid);
}

void server::impl::worked(session const& which, clock::duration time) {
  at_once += time;
  turns.spent(which.from().uid, time);
}

void server::impl::take_turns() {
  at_once = {};
  auto const end = clock::now() + longest_loop_turn;
  auto now = end - longest_loop_turn;
  for (auto left = turns.waiting(); left > 0 && now < end; --left) {
    auto const next = turns.take();
    if (!next) break;
    // It lives: whoever has asked for a turn is kept until then.
    sessions.at(next->connection)->take_turn();
    auto const began = std::exchange(now, clock::now());
    turns.spent(next->who, now - began);
  }
  turns_posted = !turns.empty();
  if (turns_posted) asio::post(loop, [this] { take_turns(); });
}

std::shared_ptr<large_request> server::impl::read_apart(session& which, std::string_view frame) {
  auto one = reader.make(frame, which.from());
  unread.emplace(which.id(), one);
  reading_turns.add({which.id(), which.from().uid});
  if (!reading) read_next();
  return one;
}

void server::impl::read_next() {
  std::optional<fair_turns::turn> next;
  auto found = unread.end();
  while (found == unread.end()) {
    next = reading_turns.take();
    if (!next) return;
    found = unread.find(next->connection); // the connection may have ended
  }
  reading = std::make_shared<bool>(true);
  auto what = std::move(found->second);
  unread.erase(found);
  // The loop may go on longer than this.
  reader.read(std::move(what),
              [this, next = *next, still = std::weak_ptr<bool>(reading)](clock::duration time) {
                if (still.expired()) return;
                reading.reset();
                reading_turns.spent(next.who, time);
                if (auto const open = sessions.find(next.connection); open != sessions.end())
                  open->second->request_was_read();
                if (!reading) read_next();
              });
}

void server::impl::want_check(clock::time_point when) {
  if (when >= next_check) return;
  next_check = when;
  arm_checks();
}

void server::impl::arm_checks() {
  auto const next = delayed.empty() ? next_check : std::min(next_check, delayed.begin()->first);
  if (next < checks.expiry()) checks.expires_at(next);
}

asio::awaitable<void> server::impl::watch_deadlines() {
  while (!stopping || figures.connections > 0) {
    auto [interrupted] = co_await checks.async_wait(asio::as_tuple(asio::use_awaitable));
    if (interrupted) continue; // an earlier deadline was set, or the end
    auto const now = clock::now();
    checks.expires_at(clock::time_point::max()); // checking may ask for an earlier time
    begin_delayed(now);
    if (now >= next_check) {
      next_check = clock::time_point::max();
      auto next = clock::time_point::max();
      std::size_t checked = 0;
      for (auto const id : ids()) {
        if (auto const found = sessions.find(id); found != sessions.end())
          next = std::min(next, found->second->check_deadlines(now).value_or(next));
        if (++checked % checked_in_a_turn != 0) continue;
        auto turn = asio::post(loop, asio::use_awaitable);
        co_await std::move(turn);
      }
      want_check(next);
    }
    arm_checks();
  }
}

} // namespace cfgd::ipc
