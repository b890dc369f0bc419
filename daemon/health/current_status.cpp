#include "daemon/health/current_status.hpp"

#include <utility>

// A result that differs from the current status is a candidate. The next result confirms it by
// being the same, or becomes the candidate. A whole result is shown, so a message always explains
// its status.

namespace cfgd::health {

std::optional<state> current_status::take(report newest, cause why) {
  auto const before = shown_.found.what;
  auto const now = newest.found.what;
  bool const counts = !has_run_ || why == cause::asked || now == before || now == state::critical ||
                      candidate_ == now;
  has_run_ = true;
  if (!counts) {
    candidate_ = now;
    return std::nullopt;
  }
  candidate_.reset();
  shown_ = std::move(newest);
  if (now == before) return std::nullopt;
  return before;
}

} // namespace cfgd::health
