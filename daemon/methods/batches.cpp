#include "daemon/methods/batches.hpp"

#include "daemon/methods/reply.hpp"

#include <memory>
#include <utility>

// A list is made no faster than its reader reads: there is the reply that the kernel has not taken
// yet, or the one that is being made, never both.

namespace cfgd {
namespace {

void go_on(ipc::responder const& answer, std::shared_ptr<std::function<bool()>> const& step) {
  if (!answer.alive() || !(*step)() || !answer.alive()) return;
  answer.on_turn([answer, step] { go_on(answer, step); });
}

} // namespace

void work_in_steps(ipc::responder const& answer, std::function<bool()> step) {
  go_on(answer, std::make_shared<std::function<bool()>>(std::move(step)));
}

void send_list(list_call const& to, limits const& bounds, std::unique_ptr<item_source> items,
               std::function<std::string(std::string const& items)> reply_of) {
  auto const list = std::make_shared<pieces>(std::move(items), to.batch_bytes(bounds));
  auto const maximum = bounds.reply_bytes;
  work_in_steps(to.answer, [to, list, maximum, reply_of = std::move(reply_of)] {
    auto const one = list->step(time_share());
    if (!one) {
      if (!to.more) to.answer.making(list->size_bytes());
      return true;
    }
    auto const text = reply_of(one->items);
    if (to.more && !one->is_last)
      to.answer.reply_continues(text);
    else
      reply_within(to.answer, to.interface, text, maximum);
    return to.more && !one->is_last;
  });
}

} // namespace cfgd
