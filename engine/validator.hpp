#pragma once

#include "core/limits.hpp"
#include "engine/model.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::engine {

/// What schemas and rules say: the one place where values are judged. Finds the file and the place
/// that each issue is about. Keeps parsed values of namespaces that rules read. One thread.
class validator {
 public:
  explicit validator(limits const& bounds);

  /// What the schema of a namespace says of a value of it, as it would be with these layers.
  schema::verdict validate_schema(namespace_state const& state, boost::json::value const& value);

  /// Finds the state of a namespace; null: there is none.
  using finder = std::function<namespace_state const*(std::string_view name_space)>;
  /// Values that are not what the state's text says; null: look there.
  using overlay = std::function<boost::json::value const*(std::string_view name_space)>;

  /// Runs a rule.
  rules::verdict run(rules::rule const& which, finder const& states, overlay const& newer);

  /// The effective value of a namespace; null: there is none.
  boost::json::value const* parsed(namespace_state const& state);

  /// What a verdict that does not hold says, placed in the file that says the rule's key.
  issue issue_of(rules::rule const& which, rules::verdict const& said, finder const& states) const;

 private:
  rules::engine engine_;
  struct parsed_text {
    std::shared_ptr<std::string const> text;
    boost::json::value value;
  };
  std::map<std::string, parsed_text, std::less<>> parsed_;
};

/// Fills in key, path and place of an issue about a namespace.
void locate(issue& what, namespace_state const& state, boost::json::value const& value);

} // namespace cfgd::engine
