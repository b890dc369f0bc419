#pragma once

#include "core/near.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace cfgd::cfgctl {

using cfgd::did_you_mean;
using cfgd::listed;
using cfgd::nearest;

/// "1 file", "2 files"
std::string counted(std::size_t count, std::string_view what);

} // namespace cfgd::cfgctl
