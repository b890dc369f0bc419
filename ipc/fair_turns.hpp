#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>

namespace cfgd::ipc {

/// Whose turn it is, of connections that have work to do. Users are served round robin by the time
/// that they have spent (deficit round robin), the connections of one user in the order in which
/// they asked: who has many connections, or calls that take long, gets no more time than who has
/// one. Who asks rarely is served next: a user who comes, and owes nothing, stands before those
/// who have more to do all the time, until they had a turn. Root and the daemon's user get half of
/// the time if they want it, whoever else waits. Gets the time that was spent; does no I/O.
class fair_turns {
 public:
  using duration = std::chrono::steady_clock::duration;

  /// `share`: of one user in one round. `own`: the daemon's user.
  fair_turns(duration share, uid_t own) : share_(share), own_(own) {}

  struct turn {
    std::uint64_t connection = 0;
    uid_t who = 0;
  };
  /// A connection wants a turn. Its user may have others that wait.
  void add(turn wanted);
  /// Takes the next one out; absent if nobody waits.
  std::optional<turn> take();
  /// A user has spent time, in a turn that was taken or without one.
  void spent(uid_t who, duration time);

  /// Whether `who` would be served next if it asked now, of users without a privilege or of those
  /// with one: it has no debt and does not wait, nor has it had a turn in this round.
  bool is_next(uid_t who) const;

  /// Turns that are waited for.
  std::size_t waiting() const { return lanes_[0].waiting + lanes_[1].waiting; }
  bool empty() const { return waiting() == 0; }

 private:
  struct user {
    uid_t who = 0;
    duration credit{}; ///< below zero: had more than its share
    bool is_new = true;
    bool lingers = false; ///< had nothing left at its turn in the last round
    std::deque<std::uint64_t> connections = {};
  };
  struct lane {
    std::list<user> round; ///< the first one is served, as long as it has credit
    std::size_t waiting = 0;
  };

  bool is_privileged(uid_t who) const { return who == 0 || who == own_; }
  lane& lane_of(uid_t who) { return lanes_[is_privileged(who) ? 0 : 1]; }
  template <class Lane>
  static auto* find(Lane& in, uid_t who);
  void pay_debts(lane& of) const;
  turn take_from(lane& from) const;

  duration share_;
  uid_t own_;
  lane lanes_[2]; ///< the privileged, the others
  /// How much longer than the others the privileged were served while both waited.
  duration lead_{};
};

} // namespace cfgd::ipc
