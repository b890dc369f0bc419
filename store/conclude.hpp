#pragma once

#include "core/limits.hpp"
#include "store/plan.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace cfgd::store {

/// Something that keeps a draft from being concluded.
struct objection {
  /// The edited namespaces that it is about.
  std::set<std::string> against;
  /// limit ("namespace_bytes") or invalid, with issues.
  error why;
};

/// A draft's namespaces, merged and judged.
struct weighed {
  /// A namespace whose text is another one now, or whose text without secrets is.
  struct difference {
    std::string name;
    effective value; ///< its revision is given later
    std::vector<key_change> keys;
  };
  std::vector<difference> differences;
  std::vector<objection> objections;
  std::vector<issue> warnings;
};

/// Merges the namespaces that a draft edited, judges those that differ by their schemas and by the
/// rules that read them, and compares them with what was in force. Rules that have run are noted in
/// the draft. A rule that failed before the draft just so does not object.
weighed weigh(draft& made, judge& judging, limits const& bounds);

/// How a draft becomes changes.
struct conclusion {
  revision_number revision; ///< the service's so far
  wall_time now;
  grouping how = grouping::one_change;
  std::string comment;
  /// Who or what changed `first`, the first key of a change, in this namespace.
  std::function<origin(std::string const& name_space, key_change const& first)> origin_of;
};

/// Makes the changes of a draft that nothing objects to; its effective values are the new ones
/// then.
applied conclude(draft& made, weighed&& found, conclusion const& by);

/// All that objects, as one error: the limit if one is exceeded, else invalid with all issues.
error refusal_of(std::vector<objection> const& objections, limits const& bounds);

} // namespace cfgd::store
