#pragma once

#include "ipc/call.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace cfgd {

/// One reply of several: the text of its parameters.
struct batch {
  std::string parameters;
  bool is_last = false;
};

/// Sends the replies of a call with `more`: asks `next` for one after the other until the last one,
/// and waits for the peer where more than `queue_bytes` are queued. What `next` holds is freed with
/// the call.
void send_batches(ipc::responder const& answer, std::size_t queue_bytes,
                  std::function<batch()> next);

} // namespace cfgd
