#pragma once

#include "core/limits.hpp"
#include "daemon/access.hpp"
#include "daemon/committer.hpp"
#include "daemon/file_edit.hpp"
#include "daemon/view.hpp"
#include "ipc/server.hpp"
#include "watchers/source_watcher.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

namespace cfgd {

/// io.cfgd.Config.BeginEdit and EndEdit: one edit of several files at a time, whose files are held
/// back and taken in together at its end. Loop thread only.
class edit_methods {
 public:
  /// Commits what was found, and calls `done` with what came of it.
  using recorder = std::function<void(std::vector<watchers::observation>, engine::grouping,
                                      std::function<void(engine::decision const&)> done)>;
  struct parts {
    view& what;
    watchers::source_watcher& files;
    access_policy const& access;
    recorder record;
    /// deadline() is another one now.
    std::function<void()> deadline_changed;
  };

  edit_methods(parts with, limits const& bounds);

  void bind_to(ipc::server& server);

  /// Takes what was found if an edit holds it back; whether it did.
  bool hold(std::vector<watchers::observation>& observed);
  using clock = std::chrono::steady_clock;
  /// Until when the edit may take that is under way, as it is told.
  std::optional<wall_time> deadline() const;
  /// When it ends. A clock that is set does not move it.
  std::optional<clock::time_point> ends_at() const;
  /// Ends the edit if its time is over.
  void end_overdue(clock::time_point now);

 private:
  enum class phase : std::uint8_t { none, beginning, holding, ending };

  void begin(ipc::call const& asked);
  void begin_holding();
  void end(ipc::call const& asked);
  /// Looks at the files once more, then commits what was held.
  void finish();
  void commit();
  bool allowed(ipc::call const& asked) const;

  parts parts_;
  limits bounds_;
  phase phase_ = phase::none;
  uid_t holder_ = 0;
  wall_time deadline_{}; ///< as it is told
  clock::time_point ends_at_{};
  file_edit held_;
  std::optional<ipc::responder> begun_; ///< BeginEdit, until its last reply
  std::vector<ipc::responder> ends_;    ///< EndEdit
};

} // namespace cfgd
