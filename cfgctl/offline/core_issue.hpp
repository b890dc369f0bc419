#pragma once

#include "client/types.hpp"
#include "core/error.hpp"

namespace cfgd::cfgctl::offline {

/// An issue of the engine as the service would return it, to print it.
client::issue client_issue(issue const& what);

} // namespace cfgd::cfgctl::offline
