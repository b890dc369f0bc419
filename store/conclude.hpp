#pragma once

#include "core/limits.hpp"
#include "store/plan.hpp"

#include <functional>
#include <map>
#include <string>

namespace cfgd::store {

/// What one request comes to once its layers are edited.
struct conclusion {
  limits const& bounds;
  revision_number revision; ///< the service's so far
  wall_time now;
  grouping how = grouping::one_change;
  std::string comment;
  /// Who or what changed `first`, the first key of a change, in this namespace.
  std::function<origin(std::string const& name_space, key_change const& first)> origin_of;
};

/// Merges the namespaces that a draft edited, compares them with what was in force and makes the
/// changes of it; the draft's effective values are the new ones then.
/// Errors: limit ("namespace_bytes"); the draft is as it was then.
[[nodiscard]] result<applied> conclude(draft& made, conclusion const& by);

/// The namespaces that keep a draft from being concluded, and what conclude() would say of each.
std::map<std::string, error> too_large(draft& made, limits const& bounds);

} // namespace cfgd::store
