#pragma once

#include "store/records.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace cfgd::store {

/// What is kept of one source.
struct source_record {
  source_row row;
  /// The last good content; empty unless row.in_force.
  sourced_document document;
  /// The newest content, if it was refused. Stays while the file cannot be had.
  struct refusal {
    std::string bytes;
    error why;
  };
  std::optional<refusal> refused;
};

/// Who set a key of the override layer, and when.
struct override_origin {
  origin from = {};
  wall_time time{};
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
  effective value;

  /// Whether a source or an override names it.
  bool exists() const { return !sources.empty() || overrides != nullptr; }
};

/// All that the store holds but the history, in memory.
struct model {
  revision_number revision = 0;
  std::map<std::string, namespace_state, std::less<>> namespaces;
};

/// The canonical text of what the layers of an existing namespace give.
std::string merged_text(namespace_state const& state);

/// What became of the state of a source, if that changed; null: it was, or is, not known. At least
/// one of them must be.
std::optional<source_transition> find_transition(source_record const* before,
                                                 source_record const* now);

/// Why a key has the value it has.
explanation explain(namespace_state const& state, key const& which);

} // namespace cfgd::store
