#pragma once

#include "engine/model.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

/// Pending changes: listing them, and undoing what they did to the override layer.
namespace cfgd::engine {

/// All pending changes, the next deadline first.
std::vector<pending_change> list_pending(pending_records const& all);

/// The keys of the leaves of the override layer that a change edited, in key order.
std::vector<std::string>
changed_keys(std::map<std::string, pending_record::layer_change> const& by);

/// The override layer of a namespace with the edits of a change undone. A leaf is restored only if
/// it still has the value that the change gave it and that change set it last; what others set
/// since stays. Null: no override is left. Returns `current` itself if there is nothing to undo.
std::shared_ptr<override_record const>
take_back(std::string const& name_space, std::shared_ptr<override_record const> const& current,
          pending_record::layer_change const& done);

/// Removes the edits of an undone change from the records of later pending changes, so that undoing
/// those does not bring them back.
void forget_undone(pending_records& all, pending_record const& undone);

/// Makes the edits of all pending changes in a namespace permanent. A pending change that edited no
/// other namespace is removed.
void forget_layers(pending_records& all, std::string const& name_space);

} // namespace cfgd::engine
