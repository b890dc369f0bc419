#include "core/log_gate.hpp"

#include <algorithm>
#include <utility>

// Each line uses up one pause of time, and so much time may be used up beforehand as the burst
// allows: one time point says all (the generic cell rate algorithm, ITU-T I.371).
//
// Subjects that were quiet for long are forgotten only when there are too many: with as many real
// ones as that at once, no new one is heard until the silence of another is over.

namespace cfgd::log {

std::optional<std::uint64_t> gate::pass(std::string_view subject, rate allowed,
                                        clock::time_point now) {
  auto found = silences_.find(subject);
  if (found == silences_.end()) {
    if (silences_.size() >= subjects)
      std::erase_if(silences_, [&](auto const& one) { return one.second.spent <= now; });
    if (silences_.size() >= subjects) return std::nullopt;
    found = silences_.emplace(subject, silence{.spent = now}).first;
  }
  auto& [spent, unsaid] = found->second;
  auto const begin = std::max(spent, now);
  if (begin - now > allowed.pause * (allowed.burst - 1)) {
    ++unsaid;
    return std::nullopt;
  }
  spent = begin + allowed.pause;
  return std::exchange(unsaid, 0);
}

} // namespace cfgd::log
