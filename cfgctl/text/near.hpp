#pragma once

#include "core/near.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::cfgctl {

using cfgd::did_you_mean;
using cfgd::nearest;

/// "a, b, c"
std::string listed(std::vector<std::string> const& words);

/// "1 file", "2 files"
std::string counted(std::size_t count, std::string_view what);

} // namespace cfgd::cfgctl
