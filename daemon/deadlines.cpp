#include "daemon/deadlines.hpp"

#include <algorithm>

namespace cfgd {

deadlines::clock::time_point deadlines::next(wall_time wall, clock::time_point now) const {
  auto first = now + longest_sleep;
  if (pending_change) {
    // Compared before it is added: a deadline in the far future must not overflow.
    auto const left = std::min<std::chrono::milliseconds>(*pending_change - wall, longest_sleep);
    first = std::min(first, now + std::max(left, shortest_sleep));
  }
  for (auto const& one : {edit, bookmark, wait, consumer})
    if (one) first = std::min(first, std::max(*one, now));
  return first;
}

} // namespace cfgd
