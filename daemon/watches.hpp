#pragma once

#include "core/limits.hpp"
#include "daemon/committer.hpp"
#include "daemon/feed.hpp"
#include "daemon/query_thread.hpp"
#include "daemon/state_stream.hpp"
#include "daemon/view.hpp"
#include "ipc/call.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd {

/// All subscriptions. Each gets replies at its own pace: its feed decides what to send next, its
/// responder knows the length of its queue. Loop thread only.
class watches {
 public:
  /// `what`, `reader` and `history` must outlive it.
  watches(view& what, committer& reader, query_thread& history, limits const& bounds);

  struct subscription {
    std::vector<std::string> prefixes; ///< as is_below takes them; empty: everything
    std::optional<revision_number> after;
    std::function<bool(std::string_view name_space)> may_see_secrets;
    /// Also report edits of files that have no effect.
    bool wants_hidden = false;
    asker by = {}; ///< start() fills in when it has gone
  };
  /// Starts to answer a Watch call.
  void start(ipc::responder answer, subscription what);

  /// Sends a change that the view has published. Call it once for each, in order.
  void on_change(change const& what);

  /// Reports what changed files say without effect to watchers that want it, once they have their
  /// state. `revision`: of the service.
  void on_hidden(engine::hidden_values const& what, revision_number revision);

  /// Sends the state to all watchers again: values have changed without a change record, or have
  /// become secrets.
  void resync();

  using clock = feed::clock;
  /// Sends the bookmarks that are due: replies with nothing but the revision.
  void send_bookmarks(clock::time_point now);
  /// When the next bookmark is due, if no change is published before; absent: none.
  std::optional<clock::time_point> next_bookmark() const;

  /// The number of subscriptions.
  std::size_t size() const { return all_.size(); }

 private:
  struct watcher {
    ipc::responder answer;
    subscription asked;
    feed next;
    /// The state while it is being sent, and its revision.
    std::optional<state_stream> state;
    revision_number state_revision = 0;
    bool state_asked = false;
  };
  using number = std::uint64_t;

  void pump(number which);
  void ask_state(number which);
  void send_state_piece(watcher& to);
  void ask_history(number which);
  void take_history(number which, std::uint64_t fetch, result<engine::history_slice> const& slice);
  /// Sends the published part of history. False if one of the changes is too long for a reply.
  bool send_slice(watcher& to, engine::history_slice const& slice);
  bool has_room(watcher const& who) const;

  view& view_;
  committer& committer_;
  query_thread& queries_;
  limits bounds_;
  std::map<number, watcher> all_;
  number last_ = 0;
};

} // namespace cfgd
