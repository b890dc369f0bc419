#pragma once

#include "core/change.hpp"
#include "engine/evaluate.hpp"
#include "engine/records.hpp"

#include <functional>
#include <string>

namespace cfgd::engine {

/// What decide() needs beside the candidate and its evaluation.
struct decision_terms {
  revision_number revision; ///< of the service before the change
  wall_time now;
  grouping how = grouping::one_change;
  std::string comment;
  /// Returns who or what changed a key of a namespace. Only called during decide().
  std::function<origin(std::string const& name_space, key_change const& changed)> origin_of;
};

/// Turns an accepted candidate into a committed change: gives each change its revision and origin,
/// and makes the new values the effective ones of the candidate. `found` must be the evaluation of
/// `made` and have no rejections.
///
/// A revision is made only where a leaf differs. A namespace that comes or goes as an empty object
/// has no leaf, so its new value is published without a revision.
committed_change decide(candidate& made, evaluation&& found, decision_terms const& by);

} // namespace cfgd::engine
