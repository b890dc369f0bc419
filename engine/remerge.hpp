#pragma once

#include "core/change.hpp"
#include "engine/model.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::engine {

/// What a change of overrides makes of the effective value of a namespace.
struct remerged {
  std::shared_ptr<std::string const> text; ///< the same object as before if nothing differs
  std::vector<key_change> keys;            ///< what differs, as append_differences() finds it
};

/// Merges only what the overrides say differently in `now` than in `was`, and takes the rest from
/// the text of `was`, which must be what its layers make. Absent: the layers must be merged as a
/// whole, because something else differs, or what the overrides change may reach further.
std::optional<remerged> remerge(namespace_state const& was, namespace_state const& now);

} // namespace cfgd::engine
