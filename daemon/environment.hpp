#pragma once

#include "core/limits.hpp"
#include "engine/records.hpp"

#include <string>
#include <vector>

namespace cfgd {

/// The updates that bring the environment layer in the store up to date; `rows` are the sources
/// that the store has. `variables` are "NAME=value" each; one that names a key but cannot be read
/// is left out with a warning in the log. Does no other I/O.
std::vector<engine::source_update> compare_environment(std::vector<std::string> const& variables,
                                                       std::vector<engine::source_row> const& rows,
                                                       limits const& bounds);

} // namespace cfgd
