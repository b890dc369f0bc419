#pragma once

#include "core/document.hpp"
#include "engine/access/read.hpp"

#include <string>
#include <vector>

namespace cfgd::cfgctl::offline {

/// Warnings for users and groups of an access file that this machine does not know: their entries
/// fit nobody here. Asks the machine's user database, which may be slow.
std::vector<issue> unknown_names(engine::access_file const& file);

} // namespace cfgd::cfgctl::offline
