#pragma once

#include <sys/types.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace cfgd {

/// Work that waits, in turn by user: deficit round robin by the time that was spent. A user with a
/// thousand pieces, or with long ones, delays another one by no more than a round. Privileged users
/// (root, and the daemon's) have half of the time, if they want it, whatever the others ask for.
/// Bounded by its owner, who asks size(). Keeps no time itself and does no I/O. Not thread-safe.
template <class Work>
class fair_queue {
 public:
  using cost = std::chrono::nanoseconds;

  struct user {
    uid_t uid = 0;
    bool is_privileged = false;
  };
  struct piece {
    user whose;
    Work what;
    cost expected; ///< of the user's work until now; settle() needs it
  };

  /// `quantum`: what a user may spend in a round.
  explicit fair_queue(cost quantum = std::chrono::milliseconds(5)) : quantum_(quantum) {}

  void push(user const& whose, Work what) {
    auto& group = half_of(whose);
    auto const [at, is_new] = group.lanes.try_emplace(whose.uid);
    if (is_new) {
      at->second.balance = quantum_;
      group.round.push_back(whose.uid);
    }
    // What was not used while nothing waited is gone.
    if (group.waiting == 0) group.spent = std::max(group.spent, other(group).spent);
    at->second.waiting.push_back(std::move(what));
    ++group.waiting;
  }

  /// The next piece; absent: none waits. Its expected cost counts as spent.
  std::optional<piece> take() {
    auto& first = halves_[0];
    auto& others = halves_[1];
    if (first.waiting + others.waiting == 0) return std::nullopt;
    bool const privileged =
        first.waiting != 0 && (others.waiting == 0 || first.spent <= others.spent);
    auto& group = privileged ? first : others;
    auto const uid = next_of(group);
    auto& mine = group.lanes.at(uid).waiting;
    user const whose{.uid = uid, .is_privileged = privileged};
    piece next{.whose = whose, .what = std::move(mine.front()), .expected = usual(uid)};
    mine.pop_front();
    --group.waiting;
    charge(whose, next.expected);
    return next;
  }

  /// What a piece has cost, once it is known.
  void settle(user const& whose, cost expected, cost spent) {
    charge(whose, spent - expected);
    constexpr std::size_t most_known = 1'000;
    if (usual_.size() >= most_known) usual_.clear();
    usual_[whose.uid] = (3 * expected + spent) / 4;
  }

  /// Removes the pieces that `goes` is true for, and returns them.
  template <class Goes>
  std::vector<Work> remove_if(Goes goes) {
    std::vector<Work> removed;
    for (auto& group : halves_)
      for (auto& [uid, of_user] : group.lanes) {
        auto const stays = std::stable_partition(of_user.waiting.begin(), of_user.waiting.end(),
                                                 [&](Work const& one) { return !goes(one); });
        group.waiting -= static_cast<std::size_t>(of_user.waiting.end() - stays);
        std::move(stays, of_user.waiting.end(), std::back_inserter(removed));
        of_user.waiting.erase(stays, of_user.waiting.end());
      }
    return removed;
  }

  std::size_t size() const { return halves_[0].waiting + halves_[1].waiting; }
  bool empty() const { return size() == 0; }
  std::size_t size_of(uid_t uid) const {
    std::size_t count = 0;
    for (auto const& group : halves_)
      if (auto const found = group.lanes.find(uid); found != group.lanes.end())
        count += found->second.waiting.size();
    return count;
  }

 private:
  struct lane {
    std::deque<Work> waiting = {};
    cost balance{}; ///< at most 0: it has had its turn
  };
  struct half {
    std::map<uid_t, lane> lanes = {};
    std::deque<uid_t> round = {}; ///< all lanes; the first one has its turn
    std::size_t waiting = 0;
    cost spent{};
  };

  half& half_of(user const& whose) { return halves_[whose.is_privileged ? 0 : 1]; }
  half& other(half const& one) { return halves_[&one == halves_.data() ? 1 : 0]; }

  /// The user whose turn it is. Something waits in the group.
  uid_t next_of(half& from) {
    while (true) {
      auto const uid = from.round.front();
      auto const at = from.lanes.find(uid);
      bool const may = at->second.balance > cost::zero();
      if (may && !at->second.waiting.empty()) return uid;
      from.round.pop_front();
      // Who has paid and waits for nothing is forgotten.
      if (may) {
        from.lanes.erase(at);
      } else {
        at->second.balance += quantum_;
        from.round.push_back(uid);
      }
    }
  }

  void charge(user const& whose, cost spent) {
    // More than this is forgiven: debts are paid round by round.
    constexpr cost most_owed = std::chrono::seconds(1);
    auto& group = half_of(whose);
    group.spent += spent;
    if (auto const found = group.lanes.find(whose.uid); found != group.lanes.end())
      found->second.balance = std::max(found->second.balance - spent, -most_owed);
  }

  cost usual(uid_t uid) const {
    auto const found = usual_.find(uid);
    return found == usual_.end() ? cost(std::chrono::milliseconds(1)) : found->second;
  }

  cost quantum_;
  std::array<half, 2> halves_;  ///< of privileged users, and of the others
  std::map<uid_t, cost> usual_; ///< what a piece of a user costs
};

} // namespace cfgd
