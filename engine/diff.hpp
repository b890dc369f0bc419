#pragma once

#include "core/change.hpp"

#include <string_view>
#include <vector>

namespace cfgd::engine {

/// Appends what differs between two canonical texts of one namespace, leaf by leaf and in key
/// order. A leaf is a value that is no object, or an object without members; a namespace that is
/// an empty object has none. An empty text is an absent namespace.
void append_differences(std::vector<key_change>& out, std::string_view name_space,
                        std::string_view before, std::string_view after);

} // namespace cfgd::engine
