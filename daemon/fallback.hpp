#pragma once

#include "engine/records.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cfgd {

/// What readers get of a namespace whose files of values were all rejected from the beginning.
enum class fallback : std::uint8_t {
  defaults, ///< the defaults of its schema
  nothing,  ///< it has no schema: only overrides, if there are any
};

/// Such namespaces, by name. Pure.
using fallbacks = std::map<std::string, fallback, std::less<>>;
fallbacks find_fallbacks(std::vector<engine::source_row> const& rows);

} // namespace cfgd
