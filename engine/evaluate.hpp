#pragma once

#include "core/limits.hpp"
#include "engine/plan.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cfgd::engine {

/// Something that keeps a draft from being concluded.
struct rejection {
  /// The namespaces whose change it is about.
  std::set<std::string> against = {};
  /// The file of rules that is new and not met.
  std::optional<source_id> by = {};
  /// limit ("namespace_bytes") or invalid, with issues.
  error why = {};
};

/// A draft's namespaces, merged and judged.
struct evaluation {
  /// A namespace whose text is another one now, or whose text without secrets is.
  struct difference {
    std::string name;
    effective value; ///< its revision is given later
    std::vector<key_change> keys;
    bool secrets_moved = false; ///< other keys may be secret now
  };
  std::vector<difference> differences;
  std::vector<rejection> rejections;
  std::vector<issue> warnings;
  /// All rules, with what they said now; empty if none has run.
  std::vector<rule_status> rules;
};

/// Merges the namespaces that a draft edited, judges those that differ by their schemas and by the
/// rules that read them, and compares them with what was in force. A namespace that nobody has set
/// (it has no override and no source in force) is not judged by its schema: it is what the defaults
/// make of it. A rule that failed before the draft, too, does not object.
evaluation evaluate(candidate const& made, validator& policy_validator, limits const& bounds);

/// Notes what all rules say of a model, and which namespaces they read.
void run_rules(model& over, validator& policy_validator);

/// What schemas and rules say of what is in force in a namespace or, if it is given, of a document
/// in its place. Errors first.
std::vector<issue> validate_namespace(model const& in, validator& policy_validator,
                                      namespace_state const& state,
                                      boost::json::object const* document);

/// How a draft becomes changes.
struct decision_terms {
  revision_number revision; ///< the service's so far
  wall_time now;
  grouping how = grouping::one_change;
  std::string comment;
  /// Who or what changed `first`, the first key of a change, in this namespace.
  std::function<origin(std::string const& name_space, key_change const& first)> origin_of;
};

/// Makes the changes of a draft that nothing objects to; its effective values are the new ones
/// then.
committed_change decide(candidate& made, evaluation&& found, decision_terms const& by);

/// All that objects, as one error: the limit if one is exceeded, else invalid with all issues.
error rejection_error(std::vector<rejection> const& rejections, limits const& bounds);

} // namespace cfgd::engine
