#pragma once

#include "core/limits.hpp"
#include "engine/records.hpp"

#include <string>
#include <vector>

namespace cfgd {

/// What has to be told to the store about the environment layer, compared with the `rows` that it
/// has. `variables` are "NAME=value" each; one that has the name of a key and cannot be read is
/// left out with a warning.
std::vector<engine::source_update> compare_environment(std::vector<std::string> const& variables,
                                                       std::vector<engine::source_row> const& rows,
                                                       limits const& bounds);

} // namespace cfgd
