#pragma once

#include "core/change.hpp"
#include "engine/model.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cfgd::engine {

/// What a change of layers makes of the effective value of a namespace.
struct remerged {
  canonical::shared_text text;  ///< a copy of the one before if nothing differs
  std::vector<key_change> keys; ///< what differs, as append_differences() finds it
  /// What was merged and differs; none of them lies in another one.
  struct member {
    key which;
    std::string value; ///< empty: it is removed
    bool is_new = false;
  };
  std::vector<member> members;
};

/// Merges only what overrides and files say differently in `now` than in `was`, and takes the rest
/// from the text of `was`, which must be what its layers make. Absent: the layers must be merged as
/// a whole, because something else differs, or what they change may reach further.
std::optional<remerged> remerge(namespace_state const& was, namespace_state const& now);

} // namespace cfgd::engine
