#pragma once

#include "core/limits.hpp"
#include "engine/candidate.hpp"
#include "engine/validator.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::engine {

/// One reason why a candidate is not accepted.
struct rejection {
  /// The namespaces whose change caused it.
  std::set<std::string> against = {};
  /// The file of rules that is new and not satisfied.
  std::optional<source_id> by = {};
  /// limit ("namespace_bytes"), or invalid with the issues.
  error why = {};
};

/// What a candidate would change, and what the policy says about it.
struct evaluation {
  /// A namespace whose text, or whose text without secrets, changes.
  struct difference {
    std::string name;
    effective value; ///< decide() gives it its revision
    std::vector<key_change> keys;
    namespace_state::fit fits;
    /// The schema calls other keys secret than before.
    bool secrets_moved = false;
  };
  std::vector<difference> differences;
  /// Empty: the candidate is accepted.
  std::vector<rejection> rejections;
  std::vector<issue> warnings;
  /// All rules with their latest verdicts; empty if no rule had to run.
  std::vector<rule_status> rules;
};

/// Merges the namespaces that a candidate edited, validates those that differ with their schemas
/// and with the rules that read them, and compares them with the effective values before.
///
/// A schema is not applied to a namespace with no effective source and no override:
/// its value is what the defaults make of it. A rule that failed before the candidate does not
/// reject it. The candidate is not changed; `bounds` gives namespace_bytes and issues. Throws only
/// std::bad_alloc: a schema or rule that exceeds its limit makes a rejection.
evaluation evaluate(candidate const& made, validator& policy_validator, limits const& bounds);

/// Runs all rules over a model and records their verdicts and the namespaces that they read. To be
/// called once after a model is loaded; evaluate() keeps the verdicts current.
void run_rules(model& over, validator& policy_validator);

/// The issues that the policy finds in the effective value of a namespace or, if one is given, in a
/// document in its place. Errors come first, then warnings. For rules, namespaces that `may_read`
/// refuses (empty: it refuses none) do not exist, so that nothing can be learned of their values.
std::vector<issue>
validate_namespace(model const& in, validator& policy_validator, namespace_state const& state,
                   boost::json::object const* document,
                   std::function<bool(std::string_view name_space)> const& may_read = {});

/// All rejections as one error: the limit if one is exceeded, else invalid with all issues.
error rejection_error(std::vector<rejection> const& rejections, limits const& bounds);

} // namespace cfgd::engine
