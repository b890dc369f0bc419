#pragma once

#include "core/limits.hpp"
#include "engine/model.hpp"
#include "engine/remerge.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cfgd::engine {

/// Runs schemas and rules over values and finds the file and the place of each issue. Keeps the
/// parsed values of namespaces that rules read, so that a rule does not parse them at every change.
/// Used by one thread. Memory grows with the namespaces that rules read.
class validator {
 public:
  /// `bounds` is copied.
  explicit validator(limits const& bounds);

  /// Calls `check` now and then while schemas and rules run; what it throws ends them.
  void check_often(std::function<void()> check) { check_ = std::move(check); }

  /// Validates a value with the schema of its namespace. `state` has the layers that the value was
  /// merged from; issues are located in them. Valid without issues if there is no schema.
  schema::verdict validate_schema(namespace_state const& state, boost::json::value const& value);

  /// Whether a value that fits its schema certainly still does after a change of members. `fits`
  /// then has the steps.
  bool still_fits(namespace_state::fit& fits, std::vector<remerged::member> const& changed);

  /// Returns the state of a namespace; null: no such namespace.
  using finder = std::function<namespace_state const*(std::string_view name_space)>;
  /// Returns a value to use in place of the effective one in the state; null: use that one.
  using overlay = std::function<boost::json::value const*(std::string_view name_space)>;

  /// Runs a rule. Never fails: a rule that cannot be evaluated has a verdict that says so.
  rules::verdict run(rules::rule const& which, finder const& states, overlay const& newer);

  /// The issue of a verdict other than "holds", located in the file that sets the key of the rule.
  issue issue_of(rules::rule const& which, rules::verdict const& said, finder const& states) const;

  /// The namespaces whose parsed values are kept.
  std::size_t kept() const { return parsed_.size(); }

 private:
  boost::json::value const* parsed(namespace_state const& state);

  rules::engine engine_;
  std::function<void()> check_;
  struct parsed_text {
    canonical::shared_text text;
    boost::json::value value;
  };
  std::map<std::string, parsed_text, std::less<>> parsed_;
};

/// How the message begins of a rule that cannot be evaluated. The rest may name any namespace.
inline constexpr std::string_view unevaluated = "the rule cannot be evaluated";

/// Fills in key, path and place of an issue from its pointer: the topmost layer that sets the value
/// there, or the nearest parent that a layer sets.
void locate(issue& what, namespace_state const& state, boost::json::value const& value);

} // namespace cfgd::engine
