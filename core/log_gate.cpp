#include "core/log_gate.hpp"

#include <algorithm>
#include <utility>

// Each line uses up one pause of time, and the burst says how far ahead of the clock this may be:
// one time point for each subject is enough (the generic cell rate algorithm, ITU-T I.371).
//
// Quiet subjects are removed only when the table is full. If all of its subjects are active, lines
// about new subjects are suppressed until the pause of one of them is over.

namespace cfgd::log {

std::string suppressed_text(std::uint64_t count) {
  if (count == 0) return {};
  return "; " + std::to_string(count) + (count == 1 ? " similar message" : " similar messages") +
         " suppressed";
}

std::optional<std::uint64_t> gate::pass(std::string_view subject, rate allowed,
                                        clock::time_point now) {
  auto found = states_.find(subject);
  if (found == states_.end()) {
    if (states_.size() >= subjects)
      std::erase_if(states_, [&](auto const& one) { return one.second.used_until <= now; });
    if (states_.size() >= subjects) return std::nullopt;
    found = states_.emplace(subject, state{.used_until = now}).first;
  }
  auto& [used_until, suppressed] = found->second;
  auto const begin = std::max(used_until, now);
  if (begin - now > allowed.pause * (allowed.burst - 1)) {
    ++suppressed;
    return std::nullopt;
  }
  used_until = begin + allowed.pause;
  return std::exchange(suppressed, 0);
}

} // namespace cfgd::log
