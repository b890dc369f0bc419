#pragma once

#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

/// What has to change so that the effective values are what a document says. No I/O.
namespace cfgd::cfgctl {

struct apply_plan {
  boost::json::object set;        ///< key to new value
  std::vector<std::string> unset; ///< overrides that the document does not have
  /// Effective values that differ, key to value: as they are, and as they are to be.
  boost::json::object before;
  boost::json::object after;

  bool empty() const { return set.empty() && unset.empty(); }
};

/// Both: namespace to document. Every leaf of `wanted` (what is no object, or an object without
/// members) whose effective value is another one is set; what `wanted` does not have is left alone.
apply_plan plan_changes(boost::json::object const& wanted, boost::json::object const& effective);

/// Adds to a plan: overrides of a namespace that its document does not have are unset. `layers` is
/// what all layers say about the namespace; secret values are not in it, and stay.
void plan_prune(apply_plan& plan, std::string const& name_space, boost::json::object const& wanted,
                std::vector<client::candidate> const& layers);

} // namespace cfgd::cfgctl
