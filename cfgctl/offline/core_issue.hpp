#pragma once

#include "client/types.hpp"
#include "core/error.hpp"

namespace cfgd::cfgctl::offline {

/// An issue of the judge as the service would tell it, for what prints those.
client::issue client_issue(issue const& what);

} // namespace cfgd::cfgctl::offline
