#pragma once

#include "core/change.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace cfgd {

/// Decides what one watcher is sent next: the state, what it missed from history, or each revision
/// as it comes. It never waits for a watcher: one whose queue is full falls behind, and goes on
/// from history when there is room; where history is gone it starts over with the state (resync).
/// So replies are ordered, without gap and without double.
///
/// A watcher of what seldom changes is told from time to time how far the service has come, so that
/// it can go on from there later, when what it saw last is no longer kept. Told the time; does no
/// I/O.
class feed {
 public:
  using clock = std::chrono::steady_clock;
  /// A watcher is left so long without a word while the revision moves.
  static constexpr std::chrono::seconds silence{10};

  enum class step : std::uint8_t {
    wait,    ///< for room, for a change, or for what was asked for
    state,   ///< send the next piece of the state, then call state_sent()
    history, ///< fetch the changes behind sent_up_to(), then call history_sent() or history_gone()
    ready,   ///< send the ready mark, then call ready_sent()
  };

  /// `after`: the watcher knows everything up to there. One that lies ahead of `current` is from
  /// another life of the store: resync. `silent_revisions`: it is told after so many at the latest.
  feed(std::optional<revision_number> after, revision_number current,
       revision_number silent_revisions = 250);

  /// `current` is the service's revision, `has_room` whether the queue is below its mark.
  step next(revision_number current, bool has_room) const;

  /// A piece of the state as of `revision` was sent; `is_last` when none is left.
  enum class piece : std::uint8_t { more, last };
  void state_sent(revision_number revision, piece which);
  /// A fetch is under way: next() waits until it is answered. Returns its number.
  std::uint64_t history_asked();
  /// Everything up to `revision` was sent or does not concern this watcher.
  void history_sent(revision_number revision);
  /// What was sent is void, at any time: the state is sent anew, as a resync.
  void history_gone();
  void ready_sent();

  /// A new revision. True: send it now (it then counts as sent). False: it will come by next().
  bool take_live(revision_number revision, bool has_room);

  /// The watcher was sent a reply of `revision`.
  void told(revision_number revision);
  /// What counts as sent by now and was not told is left untold since now, if not before.
  void note_silence(clock::time_point now);
  /// When the watcher is to be told sent_up_to() alone; absent: it knows, or will hear of it.
  std::optional<clock::time_point> progress_due() const;

  /// Whether that fetch is the one under way: it may have been given up, and another begun.
  bool awaits_history(std::uint64_t fetch) const {
    return phase_ == phase::asked && fetch == fetches_;
  }
  revision_number sent_up_to() const { return sent_; }
  /// Whether the state being sent replaces what the watcher knew; for its first reply.
  bool is_resync() const { return resync_; }

 private:
  enum class phase : std::uint8_t { state, following, asked };
  phase phase_;
  std::uint64_t fetches_ = 0; ///< begun so far
  revision_number sent_ = 0;
  revision_number told_ = 0;
  revision_number silent_revisions_;
  std::optional<clock::time_point> silent_since_;
  bool resync_ = false;
  bool ready_due_ = true; ///< the ready mark was not sent since the state or the resumption
};

} // namespace cfgd
