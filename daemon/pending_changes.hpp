#pragma once

#include "engine/records.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cfgd {

/// The pending changes, and when each is to be undone. Each is handed out once when it has expired;
/// one that could not be undone is handed out again later. Gets the time as an argument; no I/O.
class pending_changes {
 public:
  /// Time until a change whose undoing was rejected is undone again.
  static constexpr std::chrono::seconds pause{60};

  /// Takes the list of the store.
  void replace(std::vector<engine::pending_change> newest);

  /// The next one to expire first. Valid until replace().
  std::vector<engine::pending_change> const& list() const { return list_; }
  /// Null: no such change is pending. Valid until replace().
  engine::pending_change const* find(revision_number revision) const;

  /// Those that have expired and are not being undone yet; from here on they are.
  std::vector<engine::pending_change> take_due(wall_time now);
  /// When take_due() will return something, if nothing else happens.
  std::optional<wall_time> next() const;

  /// It is undone before its deadline, which no longer counts. `reason` is for the log.
  void end_early(revision_number revision, std::string reason);
  /// The reason of end_early(). Empty: it has expired.
  std::string reason(revision_number revision) const;
  /// It could not be undone: it will be due again at `when`. Whether that is its first failure.
  bool postpone(revision_number revision, wall_time when);

 private:
  struct attempt {
    std::optional<wall_time> again; ///< absent: it is being undone
    bool failed = false;
    std::string reason = {}; ///< empty: it has expired
  };
  std::optional<wall_time> due(engine::pending_change const& one) const;

  std::vector<engine::pending_change> list_;
  std::map<revision_number, attempt> attempts_;
};

} // namespace cfgd
