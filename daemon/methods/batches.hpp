#pragma once

#include "core/limits.hpp"
#include "ipc/call.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace cfgd {

/// One reply of several: the text of its parameters.
struct batch {
  std::string parameters;
  bool is_last = false;
};

/// A call that is answered with a list: with `more` in several replies, without it in one.
struct list_call {
  ipc::responder answer;
  std::string_view interface; ///< qualified, of a literal
  bool more = false;

  /// How long a batch should be at least, unless it is the last.
  std::size_t batch_bytes(limits const& bounds) const {
    return more ? bounds.reply_batch_bytes : bounds.reply_bytes + 1;
  }
};

/// Sends a list: asks `next` for batches of batch_bytes() until the last one, and waits for the
/// peer where more than bounds.queue_soft_bytes are queued. Without `more` the first batch must be
/// the last: a longer list fails with the limit `reply_bytes`. What `next` holds is freed with the
/// call.
void send_list(list_call const& to, limits const& bounds, std::function<batch()> next);

} // namespace cfgd
