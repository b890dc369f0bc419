#pragma once

#include "apply/service.hpp"
#include "apply/target.hpp"
#include "cfgctl/context.hpp"

namespace cfgd::cfgctl {

/// Where targets and their state are: on the system, or below --root.
apply::layout places_of(context const& all);

/// All targets, faulty ones as errors. Files may belong to root or the user.
apply::target_map read_all_targets(apply::layout const& places);

} // namespace cfgd::cfgctl
