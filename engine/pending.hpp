#pragma once

#include "engine/model.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

/// Changes that end by themselves.
namespace cfgd::engine {

/// All of them, the next one first.
std::vector<pending_change> list_pending(pending_records const& all);

/// The leaves of the override layer that differ, in key order.
std::vector<std::string>
changed_keys(std::map<std::string, pending_record::layer_change> const& by);

/// The override layer of a namespace with what a change did to it taken back, where that still
/// stands and nobody else has set the same; null: nothing is left of it. The same object if nothing
/// stands.
std::shared_ptr<override_record const>
take_back(std::string const& name_space, std::shared_ptr<override_record const> const& current,
          pending_record::layer_change const& done);

/// Takes a change that was undone back in what the later ones found, and left.
void forget_undone(pending_records& all, pending_record const& undone);

/// Lets what changes did to a namespace stay for good; those that did nothing else are gone then.
void forget_layers(pending_records& all, std::string const& name_space);

} // namespace cfgd::engine
