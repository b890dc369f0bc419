#pragma once

#include "watchers/formats/sourced_value.hpp"

#include <optional>
#include <string_view>

namespace cfgd::watchers::formats {

/// The name that a merge key has until resolve_merge_keys(). It is not valid UTF-8, so no name of a
/// file is equal to it.
inline constexpr std::string_view merge_key = "\xFF<<";

/// Applies the merge keys of a document (yaml.org/type/merge.html): the members of the mapping, or
/// of the mappings in the list, that a merge key has as its value become members of the mapping
/// that it is in, unless that has them; of several mappings the first one counts. `what.places`
/// must be complete. Returns the error for a merge key whose value is neither; parse, with the
/// place.
std::optional<error> resolve_merge_keys(sourced_value& what);

} // namespace cfgd::watchers::formats
