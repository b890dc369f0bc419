#pragma once

#include "core/limits.hpp"
#include "daemon/committer.hpp"
#include "daemon/consumers.hpp"
#include "daemon/feed.hpp"
#include "daemon/pieces.hpp"
#include "daemon/query_thread.hpp"
#include "daemon/state_stream.hpp"
#include "daemon/view.hpp"
#include "ipc/call.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cfgd {

/// All subscriptions. Each gets replies at its own pace: its feed decides what to send next, its
/// responder knows the length of its queue. Loop thread only.
class watches {
 public:
  /// Runs work on the loop, later, after what waits there already.
  using run_later = std::function<void(std::function<void()>)>;

  /// `what`, `reader` and `history` must outlive it, and it must outlive what it gives to `later`.
  watches(view& what, committer& reader, query_thread& history, limits const& bounds,
          run_later later);

  struct subscription {
    std::vector<std::string> prefixes; ///< as is_below takes them; empty: everything
    std::optional<revision_number> after;
    std::function<bool(std::string_view name_space)> may_see_secrets;
    /// Namespaces that it refuses look as if they did not exist.
    std::function<bool(std::string_view name_space)> may_read = [](std::string_view) {
      return true;
    };
    /// Also report edits of files that have no effect.
    bool wants_hidden = false;
    /// The store that `after` is from; absent: this one.
    std::optional<std::string> store_id = {};
    asker by = {}; ///< start() fills in when it has gone
    /// The consumer that it belongs to; null: none. Learns what is sent.
    std::shared_ptr<consumers::watch> consumer = {};
  };
  /// Starts to answer a Watch call.
  void start(ipc::responder answer, subscription what);

  /// Sends a change that the view has published: to as many watchers as there is time for, and to
  /// the others in later turns of the loop. Call it once for each, in order.
  void on_change(std::shared_ptr<change const> what);

  /// A call is answered in steps from texts of the present revision. It ends with LimitExceeded if
  /// it still is when texts of older revisions take more memory than they may, the oldest call
  /// first.
  void note_reader(ipc::responder answer);

  /// Reports what changed files say without effect to watchers that want it, once they have their
  /// state. `revision`: of the service.
  void on_hidden(engine::hidden_values const& what, revision_number revision);

  /// Sends the state to all watchers again: values have changed without a change record, or have
  /// become secrets.
  void resync();

  /// Rights have changed: watchers for whom other namespaces are visible now, or other secrets, are
  /// sent the state again. Changes that follow are filtered by the new rights at once; a state that
  /// is being sent is begun anew. The watchers are looked at by check_rights().
  void rights_changed();
  /// Looks at the next `most` watchers after rights_changed(). False: there are more, for a later
  /// turn of the loop.
  [[nodiscard]] bool check_rights(std::size_t most);

  using clock = feed::clock;
  /// Sends the bookmarks that are due: replies with nothing but the revision.
  void send_bookmarks(clock::time_point now);
  /// When the next bookmark may be due, if no change is published before; absent: none is.
  std::optional<clock::time_point> next_bookmark() const { return bookmark_; }

  /// The number of subscriptions.
  std::size_t size() const { return all_.size(); }

 private:
  /// Prefixes as is_below takes them, each list once, with the number of watchers that have it.
  using prefix_lists = std::map<std::vector<std::string>, std::size_t>;

  /// Small: there may be ten thousand.
  struct watcher {
    ipc::responder answer;
    std::function<bool(std::string_view)> may_see_secrets;
    std::function<bool(std::string_view)> may_read;
    bool wants_hidden = false;
    asker by;
    prefix_lists::iterator below;
    std::shared_ptr<consumers::watch> consumer; ///< null: none
    feed next;
    /// The state while it is being sent, and its revision.
    std::unique_ptr<pieces> state = {};
    revision_number state_revision = 0;
    bool state_asked = false;
    std::size_t rights = 0; ///< rights_of() when they were looked at

    std::vector<std::string> const& prefixes() const { return below->first; }
  };
  using number = std::uint64_t;
  using all_watchers = std::map<number, watcher>;
  /// A change on its way to all watchers; without one each looks for itself.
  struct delivery {
    std::shared_ptr<change const> what;
    /// Its namespaces, and whether it changes secrets in them; views into `what`.
    std::map<std::string_view, bool> names = {};
    number reached = 0; ///< watchers up to this one have it
    /// What watchers get, by their prefixes and by what they may see of each namespace. Null: the
    /// change does not concern them.
    std::map<std::pair<std::vector<std::string> const*, std::string>, ipc::shared_text> made = {};
    std::size_t made_bytes = 0;
    /// The last entry that was used, and what the watcher at hand may see.
    decltype(made)::value_type const* last = nullptr;
    std::string seen = {};
  };

  /// Everything up to the feed's revision was sent.
  static void note_sent(watcher const& to, consumers::watch::content what);
  void deliver();
  /// Whether it is complete.
  bool deliver(delivery& to, time_share const& share);
  void send_change(number which, watcher& to, delivery& one, clock::time_point now);
  /// What the watcher gets, made once for all who get the same bytes.
  ipc::shared_text text_for(watcher const& who, delivery& of) const;
  void forget(all_watchers::iterator which);
  void note_bookmark(watcher const& who);
  void restart_slow_states();
  void end_slow_readers();
  /// What texts of older revisions may take; memory_bound() counts it.
  std::size_t most_old_bytes() const { return 4 * bounds_.reply_bytes; }
  /// Calls pump() in a turn of the watcher's connection, when it has read what it was sent.
  void pump_later(number which, watcher const& who);
  /// A digest of what the watcher may see below its prefixes.
  std::size_t rights_of(watcher const& who);

  void pump(number which);
  void ask_state(number which);
  void begin_state(watcher& of, view::texts const& texts);
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
  prefix_lists prefixes_;
  all_watchers all_;
  std::optional<clock::time_point> bookmark_; ///< none is due earlier
  number last_ = 0;
  run_later later_;
  std::deque<ipc::responder> readers_; ///< in the order in which they began; may have ended
  std::deque<delivery> deliveries_;
  bool delivering_ = false;   ///< deliver() runs, or will
  number rights_checked_ = 0; ///< the watchers up to this one have the present rights
};

} // namespace cfgd
