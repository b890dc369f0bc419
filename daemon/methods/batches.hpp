#pragma once

#include "core/limits.hpp"
#include "daemon/pieces.hpp"
#include "ipc/call.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cfgd {

/// A call that is answered with a list: with `more` in several replies, without it in one.
struct list_call {
  ipc::responder answer;
  std::string_view interface; ///< qualified, of a literal
  bool more = false;

  /// How long the items of a reply should be at least, unless it is the last.
  std::size_t batch_bytes(limits const& bounds) const {
    return more ? bounds.reply_batch_bytes : bounds.reply_bytes + 1;
  }
};

/// Does work in steps that are bounded in time: one now, the next ones in turns of the connection,
/// each when the peer has read all before. `step` returns whether it has more to do. What it holds
/// is freed with the call.
void work_in_steps(ipc::responder const& answer, std::function<bool()> step);

/// Sends a list in steps. `reply_of` makes the parameters of a reply from its items. Without `more`
/// there is one reply: a longer list fails with the limit `reply_bytes`.
void send_list(list_call const& to, limits const& bounds, std::unique_ptr<item_source> items,
               std::function<std::string(std::string const& items)> reply_of);

} // namespace cfgd
