#include "ipc/fair_turns.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

// Deficit round robin, with time in place of bytes: what a turn takes is known only afterwards, so
// that a user may go into debt, and waits then for as many rounds as pay it. A debt stays when the
// user has nothing to do for the moment; credit does not, or who was idle could take all.
//
// New users go to the front, as new flows do in fq_codel: one who flooded the loop has a turn of
// its own then, but its next one comes after theirs. A user who has nothing left stays for one more
// round, so that nobody gets to the front twice before the others had a turn.

namespace cfgd::ipc {

namespace {

/// Users with nothing but a debt are forgotten above this number.
constexpr std::size_t most_debtors = 64;

} // namespace

template <class Lane>
auto* fair_turns::find(Lane& in, uid_t who) {
  auto const found = std::ranges::find(in.round, who, &user::who);
  return found == in.round.end() ? nullptr : &*found;
}

bool fair_turns::is_next(uid_t who) const {
  return find(lanes_[is_privileged(who) ? 0 : 1], who) == nullptr;
}

void fair_turns::add(turn wanted) {
  auto& where = lane_of(wanted.who);
  auto* of = find(where, wanted.who);
  if (of == nullptr) {
    auto const behind_new = std::ranges::find(where.round, false, &user::is_new);
    of = &*where.round.insert(behind_new, user{wanted.who, share_});
  }
  of->connections.push_back(wanted.connection);
  ++where.waiting;
}

std::optional<fair_turns::turn> fair_turns::take() {
  auto& privileged = lanes_[0];
  auto& others = lanes_[1];
  if (privileged.waiting == 0 || others.waiting == 0) lead_ = {};
  if (privileged.waiting != 0 && (others.waiting == 0 || lead_ <= duration::zero()))
    return take_from(privileged);
  if (others.waiting != 0) return take_from(others);
  return std::nullopt;
}

void fair_turns::pay_debts(lane& of) const {
  // As many rounds at once as pass until somebody who waits has no debt left.
  auto least = duration::max();
  for (auto const& each : of.round)
    if (!each.connections.empty()) least = std::min(least, std::max(-each.credit, {}));
  auto const rounds = least / share_;
  if (rounds == 0) return;
  for (auto& each : of.round)
    each.credit = std::min(each.credit + share_ * rounds, share_);
}

fair_turns::turn fair_turns::take_from(lane& from) const {
  BOOST_ASSERT(from.waiting != 0);
  pay_debts(from);
  for (;;) {
    auto& first = from.round.front();
    if (!first.connections.empty() && first.credit > duration::zero()) {
      turn const next{first.connections.front(), first.who};
      first.connections.pop_front();
      first.is_new = first.lingers = false;
      --from.waiting;
      return next;
    }
    if (first.connections.empty() && first.credit >= duration::zero() &&
        std::exchange(first.lingers, true)) {
      from.round.pop_front();
      continue;
    }
    first.credit = std::min(first.credit + share_, share_);
    from.round.splice(from.round.end(), from.round, from.round.begin());
  }
}

void fair_turns::spent(uid_t who, duration time) {
  auto& where = lane_of(who);
  if (auto* const of = find(where, who); of != nullptr)
    of->credit -= time;
  else if (time > share_ || !empty())
    where.round.push_back({.who = who, .credit = share_ - time, .is_new = false});
  if (where.waiting == 0 && where.round.size() > most_debtors) where.round.clear();
  lead_ += is_privileged(who) ? time : -time;
}

} // namespace cfgd::ipc
