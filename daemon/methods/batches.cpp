#include "daemon/methods/batches.hpp"

#include <memory>
#include <utility>

namespace cfgd {

void send_batches(ipc::responder const& answer, std::size_t queue_bytes,
                  std::function<batch()> next) {
  // Shared: the copy that waits for the peer must go on where the first one stopped.
  auto const shared = std::make_shared<std::function<batch()>>(std::move(next));
  auto const send = [answer, queue_bytes, shared] {
    while (answer.alive() && answer.queued_bytes() <= queue_bytes) {
      auto const one = (*shared)();
      if (one.is_last) {
        answer.reply(one.parameters);
        return;
      }
      answer.reply_continues(one.parameters);
    }
  };
  answer.on_drained(send);
  send();
}

} // namespace cfgd
