#include "daemon/methods/batches.hpp"

#include "daemon/methods/reply.hpp"

#include <memory>
#include <utility>

namespace cfgd {

void send_list(list_call const& to, limits const& bounds, std::function<batch()> next) {
  if (!to.more) return reply_within(to.answer, to.interface, next().parameters, bounds.reply_bytes);
  // Shared: the copy that waits for the peer must continue where the first one stopped.
  auto const shared = std::make_shared<std::function<batch()>>(std::move(next));
  auto const send = [answer = to.answer, queue_bytes = bounds.queue_soft_bytes, shared] {
    while (answer.alive() && answer.queued_bytes() <= queue_bytes) {
      auto const one = (*shared)();
      if (one.is_last) {
        answer.reply(one.parameters);
        return;
      }
      answer.reply_continues(one.parameters);
    }
  };
  to.answer.on_drained(send);
  send();
}

} // namespace cfgd
