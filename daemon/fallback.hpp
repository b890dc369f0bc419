#pragma once

#include "engine/records.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cfgd {

/// What readers of a namespace get that has sources of values and none of them in force.
enum class fallback : std::uint8_t {
  defaults, ///< what its schema says
  nothing,  ///< it has no schema: what calls have set, if anything
};

/// Such namespaces, by name.
using fallbacks = std::map<std::string, fallback, std::less<>>;
fallbacks find_fallbacks(std::vector<engine::source_row> const& rows);

} // namespace cfgd
