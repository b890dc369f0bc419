#pragma once

#include "core/near.hpp"

#include <string>
#include <vector>

namespace cfgd::cfgctl {

using cfgd::did_you_mean;
using cfgd::nearest;

/// "a, b, c"
std::string listed(std::vector<std::string> const& words);

} // namespace cfgd::cfgctl
