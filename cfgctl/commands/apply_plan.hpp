#pragma once

#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

/// Plans the changes that make the effective values those of a document. No I/O.
namespace cfgd::cfgctl {

struct apply_plan {
  boost::json::object set;        ///< key to new value
  std::vector<std::string> unset; ///< overrides that the document does not have
  /// Effective values that differ, key to value: now, and after the change.
  boost::json::object before;
  boost::json::object after;

  bool empty() const { return set.empty() && unset.empty(); }
};

/// Both arguments map namespaces to documents. Sets every leaf of `wanted` whose effective value
/// differs; a leaf is any value except an object with members. Keys that `wanted` does not have are
/// not changed.
apply_plan plan_changes(boost::json::object const& wanted, boost::json::object const& effective);

/// Adds to a plan: unsets the overrides of a namespace that its document does not have. `layers`
/// are the candidates of the namespace. They contain no secrets, so overrides of secrets stay.
void plan_prune(apply_plan& plan, std::string const& name_space, boost::json::object const& wanted,
                std::vector<client::candidate> const& layers);

} // namespace cfgd::cfgctl
