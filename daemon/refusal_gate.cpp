#include "daemon/refusal_gate.hpp"

#include <utility>

// Users that were quiet for long are forgotten only when there are too many: with as many real
// users as that asking at once, none of them is logged until the first silence is over.

namespace cfgd {

std::optional<std::uint64_t> refusal_gate::pass(uid_t who, clock::time_point now) {
  auto found = silences_.find(who);
  if (found == silences_.end()) {
    if (silences_.size() >= users)
      std::erase_if(silences_, [&](auto const& one) { return one.second.end <= now; });
    if (silences_.size() >= users) return std::nullopt;
    found = silences_.emplace(who, silence{.end = now}).first;
  }
  auto& [end, unsaid] = found->second;
  if (now < end) {
    ++unsaid;
    return std::nullopt;
  }
  end = now + pause;
  return std::exchange(unsaid, 0);
}

} // namespace cfgd
