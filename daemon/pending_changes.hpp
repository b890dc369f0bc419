#pragma once

#include "engine/records.hpp"

#include <map>
#include <optional>
#include <vector>

namespace cfgd {

/// The changes that end by themselves, and which of them is to be ended when. Each is given out
/// once; one that could not be ended is given out again later. Told the time; does no I/O.
class pending_changes {
 public:
  /// A change whose end was refused is tried again after so long.
  static constexpr std::chrono::seconds pause{60};

  /// What the store says now.
  void replace(std::vector<engine::pending_change> newest);

  /// The next one first.
  std::vector<engine::pending_change> const& list() const { return list_; }
  /// Null: no such change waits.
  engine::pending_change const* find(revision_number revision) const;

  /// Those whose deadline has come and that are not being ended yet; they are from here on.
  std::vector<engine::pending_change> take_due(wall_time now);
  /// When take_due() will give something, if nothing else happens.
  std::optional<wall_time> next() const;

  /// It could not be ended: it will be due again at `when`. Whether that is the first time.
  bool postpone(revision_number revision, wall_time when);

 private:
  struct attempt {
    std::optional<wall_time> again; ///< none: it is being ended
    bool failed = false;
  };
  std::optional<wall_time> due(engine::pending_change const& one) const;

  std::vector<engine::pending_change> list_;
  std::map<revision_number, attempt> attempts_;
};

} // namespace cfgd
