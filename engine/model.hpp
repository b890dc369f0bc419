#pragma once

#include "engine/policy.hpp"
#include "engine/records.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace cfgd::engine {

/// What is kept of one source.
struct source_record {
  source_row row;
  /// The last good content; empty unless row.in_force.
  sourced_document document;
  /// The newest content, if it was refused. Stays while the file cannot be had.
  struct refusal {
    std::string bytes;
    error why;
    /// What it says, if it can be read: it is tried again when something changes.
    std::optional<sourced_document> document = {};
    /// The edit of several files that it was part of: all of that go in together, or none. 0: none.
    std::uint64_t edit = 0;
  };
  std::optional<refusal> refused;
  /// The file is gone, and what it said stays because without it something would be wrong.
  bool removed = false;

  /// Refused by schemas or rules, or for its namespace's size, or beside a file that was.
  bool retryable() const {
    return removed || (refused && (refused->document || refused->edit != 0));
  }
};

/// Who set a key of the override layer, and when.
struct override_origin {
  origin from = {};
  wall_time time{};

  friend bool operator==(override_origin const&, override_origin const&) = default;
};

/// The override layer of one namespace. It is there from the first Set to the last Unset.
struct override_record {
  /// May hold nulls.
  boost::json::object document;
  /// The keys as they were set; none lies outside of the document.
  std::map<key, override_origin> keys;
};

/// All that makes up a namespace. Records are immutable and shared, so that a copy is cheap and two
/// states can be compared by their pointers.
struct namespace_state {
  /// In merge order.
  std::map<source_id, std::shared_ptr<source_record const>> sources;
  std::shared_ptr<override_record const> overrides; ///< null: none
  std::shared_ptr<namespace_schema const> schema;   ///< null: none
  effective value;

  /// Whether a source, an override or a schema names it.
  bool exists() const { return !sources.empty() || overrides != nullptr || schema != nullptr; }
};

/// A change that ends by itself, with the way back: what it did to the override layer of each
/// namespace.
struct pending_record {
  pending_change what;
  struct layer_change {
    std::shared_ptr<override_record const> before; ///< null: there was none
    std::shared_ptr<override_record const> after;
  };
  std::map<std::string, layer_change> layers;
};
using pending_records = std::map<revision_number, std::shared_ptr<pending_record const>>;

/// All that the store holds but the history, in memory.
struct model {
  revision_number revision = 0;
  std::map<std::string, namespace_state, std::less<>> namespaces;
  std::shared_ptr<policy const> active_policy = std::make_shared<policy const>();
  pending_records pending;
  /// Sources that are tried again with every batch.
  std::set<source_id> retryable;
};

/// Brings model::suspended up to date for sources that were `before` and are `now`.
void note_retryable(model& all, source_records const& before, source_records const& now);

/// The record of a source; null: it is not known.
std::shared_ptr<source_record const> find_source(model const& in, source_id const& id);

/// What the layers of an existing namespace give; `storage` holds it.
boost::json::value merge_layers(namespace_state const& state, boost::json::storage_ptr storage);

/// What became of the state of a source, if that changed; null: it was, or is, not known. At least
/// one of them must be.
std::optional<source_transition> find_transition(source_record const* before,
                                                 source_record const* now);

/// Why a key has the value it has.
explanation explain(namespace_state const& state, key const& which);

} // namespace cfgd::engine
