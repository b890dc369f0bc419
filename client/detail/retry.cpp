/// A lost connection does not end a stream. A refusal by the service does, unless it refuses a
/// reconnect for a reason that passes. Before the first reply nothing is known to be right, not
/// even the address, so that `first_connect` decides.

#include "client/detail/retry.hpp"

#include <utility>

namespace cfgd::client::detail {

retry::retry(options how)
    : how_(std::move(how)), wait_(how_.shortest_wait, how_.longest_wait),
      random_(std::random_device{}()) {}

void retry::on_success() {
  answered_ = true;
  reported_ = false;
  wait_.reset();
}

std::optional<std::chrono::milliseconds> retry::on_failure(call_error const& why) {
  if (!may_go_on(why)) return {};
  if (how_.on_lost && !std::exchange(reported_, true)) how_.on_lost(why);
  return wait_.next(std::uniform_real_distribution<>()(random_));
}

bool retry::may_go_on(call_error const& why) const {
  if (why.kind == failure::refused) {
    // These pass; any other refusal would come again.
    auto const is = [&](std::string_view name) { return why.name.ends_with(name); };
    return answered_ && (is(".LimitExceeded") || is(".StoreFailed") || is(".InternalError"));
  }
  return answered_ || how_.first == first_connect::retry;
}

} // namespace cfgd::client::detail
