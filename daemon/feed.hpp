#pragma once

#include "core/change.hpp"
#include "engine/records.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace cfgd {

/// Decides what to send to one watcher next: the state, changes that it missed from history, or
/// each revision as it is published. The service never waits for a watcher: one whose queue is full
/// falls behind and continues from history when there is room; where history is gone it gets the
/// state again (resync). So replies are ordered, without gaps and duplicates.
///
/// A watcher of keys that seldom change gets the current revision from time to time (a bookmark),
/// so that it can resume from there when older revisions are no longer kept. Gets the time as an
/// argument; does no I/O.
class feed {
 public:
  using clock = std::chrono::steady_clock;
  /// The longest time without a reply while the revision advances.
  static constexpr std::chrono::seconds silence{10};

  enum class step : std::uint8_t {
    wait,    ///< for room, for a change, or for a requested fetch
    state,   ///< send the next piece of the state, then call state_sent()
    history, ///< fetch the changes behind sent_up_to(), then call history_sent() or history_gone()
    ready,   ///< send the ready mark, then call ready_sent()
  };

  /// `after`: the watcher has everything up to this revision. A revision later than `current`
  /// belongs to an earlier store: resync. `silent_revisions`: a bookmark is due after so many
  /// revisions.
  feed(std::optional<revision_number> after, revision_number current,
       revision_number silent_revisions = 250);

  /// `current` is the published revision, `has_room` whether the watcher's queue is below its mark.
  step next(revision_number current, bool has_room) const;

  /// A piece of the state as of `revision` was sent; `is_last` when none is left.
  enum class piece : std::uint8_t { more, last };
  void state_sent(revision_number revision, piece which);
  /// A fetch is under way: next() waits until it is answered. Returns its number.
  std::uint64_t history_asked();
  /// The part of fetched history that may be sent. Another process may have committed revisions
  /// that are in the store but not published yet: a watcher must not see what Get does not return.
  /// They follow when they are published. Returns the revision up to which `slice` is to be sent.
  static revision_number sendable(engine::history_slice const& slice, revision_number published);
  /// Everything up to `revision` was sent or does not concern this watcher.
  void history_sent(revision_number revision);
  /// The changes cannot be sent one by one: the state is sent again, as a resync. At any time.
  void history_gone();
  void ready_sent();

  /// A new revision. True: send it now; it counts as sent. False: next() will ask for it.
  bool take_live(revision_number revision, bool has_room);

  /// A reply with `revision` was sent to the watcher.
  void reply_sent(revision_number revision);
  /// If revisions count as sent without a reply, because they do not concern the watcher, the
  /// silence began now, unless it began before.
  void note_silence(clock::time_point now);
  /// When a bookmark with sent_up_to() is due; absent: the watcher has it, or a reply follows
  /// anyway.
  std::optional<clock::time_point> bookmark_due() const;

  /// Whether this fetch is the current one: it may have been abandoned and another begun.
  bool awaits_history(std::uint64_t fetch) const {
    return phase_ == phase::asked && fetch == fetches_;
  }
  /// Whether the state, or the mark behind it, is still to be sent.
  bool is_sending_state() const { return phase_ == phase::state || ready_due_; }
  revision_number sent_up_to() const { return sent_; }
  /// Whether the state being sent replaces what the watcher has; for its first reply.
  bool is_resync() const { return resync_; }

 private:
  enum class phase : std::uint8_t { state, following, asked };
  phase phase_;
  std::uint64_t fetches_ = 0; ///< number of the last one
  revision_number sent_ = 0;
  revision_number replied_ = 0; ///< revision of the last reply
  revision_number silent_revisions_;
  std::optional<clock::time_point> silent_since_;
  bool resync_ = false;
  bool ready_due_ = true; ///< the ready mark was not sent since the state or the resumption
};

} // namespace cfgd
