#pragma once

#include "core/limits.hpp"
#include "daemon/committer.hpp"
#include "daemon/file_edit.hpp"
#include "daemon/methods/method_row.hpp"
#include "daemon/view.hpp"
#include "daemon/visible.hpp"
#include "ipc/call.hpp"
#include "watchers/source_watcher.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

namespace cfgd {

/// BeginEdit and EndEdit of io.cfgd.Config: one edit of several files at a time. Files that are
/// saved during it are collected, and committed together at its end. Loop thread only; the parts
/// must outlive it.
class edit_methods {
 public:
  /// Commits observations; calls `done` with the decision later, on the loop.
  using recorder = std::function<void(std::vector<watchers::observation>, engine::grouping,
                                      std::function<void(engine::decision const&)> done)>;
  struct parts {
    view& what;
    watchers::source_watcher& files;
    recorder record;
    /// deadline() has changed.
    std::function<void()> deadline_changed;
  };

  edit_methods(parts with, limits const& bounds);

  /// Answers BeginEdit: once when the edit has begun, and with the decision when it has ended.
  /// Errors on the wire: EditInProgress, those of check_seconds() and of a commit.
  void begin(authorized_call const& asked);
  /// Answers EndEdit with the decision. Errors on the wire: NoEdit, those of a commit.
  void end(authorized_call const& asked);

  /// Takes observations if an edit is in progress that collects them; returns whether it did.
  bool hold(std::vector<watchers::observation>& observed);
  using clock = std::chrono::steady_clock;
  /// The wall time at which the edit in progress ends, for replies; absent: no edit collects files.
  std::optional<wall_time> deadline() const;
  /// The same for timers: setting the clock does not move it.
  std::optional<clock::time_point> ends_at() const;
  /// Ends the edit if its deadline has passed.
  void end_overdue(clock::time_point now);

 private:
  enum class phase : std::uint8_t { none, beginning, holding, ending };

  void begin_holding();
  /// Looks at the files once more, then commits what was collected.
  void finish();
  void commit();

  parts parts_;
  limits bounds_;
  phase phase_ = phase::none;
  uid_t holder_ = 0;
  wall_time deadline_{}; ///< for replies
  clock::time_point ends_at_{};
  file_edit held_;
  /// Who waits for the decision, and what of it is visible.
  struct waiter {
    ipc::responder answer;
    visible_namespaces may_read;
  };
  std::optional<waiter> begun_; ///< BeginEdit, until its last reply
  std::vector<waiter> ends_;    ///< EndEdit
};

} // namespace cfgd
