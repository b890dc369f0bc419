#include "ipc/connection_rate.hpp"

#include <algorithm>

// The bucket is kept as one time, up to which the connections so far have used their shares (the
// generic cell rate algorithm): nothing has to be filled up again by a timer.
//
// A connection above the rate waits for its share, so that a client that starts a hundred programs
// at once is slowed down and not refused. How many can wait follows from longest_wait.
//
// Users come and go, and a process with a user namespace can have thousands of uids. The table is
// bounded: users whose bucket is full again are forgotten, which changes nothing, and if there is
// none, the one that has used the least. That one gets a new bucket, the largest ones never.

namespace cfgd::ipc {

connection_rate::connection_rate(limits const& bounds)
    : each_(std::chrono::duration_cast<clock::duration>(std::chrono::seconds(1)) /
            static_cast<clock::rep>(std::max<std::size_t>(bounds.connections_per_second, 1))),
      burst_(each_ * static_cast<clock::rep>(bounds.connection_burst)),
      most_(std::max<std::size_t>(bounds.rated_users, 1)) {}

std::optional<connection_rate::clock::time_point> connection_rate::take(uid_t uid,
                                                                        clock::time_point now) {
  auto found = paid_until_.find(uid);
  if (found == paid_until_.end()) {
    if (paid_until_.size() >= most_) forget_idle(now);
    found = paid_until_.emplace(uid, now).first;
  }
  auto const paid = std::max(found->second, now) + each_;
  auto const serve_at = std::max(paid - burst_, now);
  if (serve_at - now > longest_wait) return std::nullopt;
  found->second = paid;
  return serve_at;
}

void connection_rate::forget_idle(clock::time_point now) {
  std::erase_if(paid_until_, [now](auto const& one) { return one.second <= now; });
  if (paid_until_.size() < most_) return;
  paid_until_.erase(std::min_element(
      paid_until_.begin(), paid_until_.end(),
      [](auto const& one, auto const& other) { return one.second < other.second; }));
}

} // namespace cfgd::ipc
