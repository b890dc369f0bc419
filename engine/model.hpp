#pragma once

#include "core/shared_map.hpp"
#include "core/value_path.hpp"
#include "engine/override_record.hpp"
#include "engine/policy.hpp"
#include "engine/records.hpp"
#include "engine/source_content.hpp"

#include <boost/json/object.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace cfgd::engine {

/// Everything that is kept of one source. Immutable once it is in a model.
struct source_record {
  source_row row;
  /// The last good content; empty unless row.is_effective.
  source_content document;
  /// The newest content, if it was rejected. Kept while the file cannot be read.
  struct refusal {
    std::string bytes;
    error why;
    /// The parsed content, if it could be parsed: it is retried with every file change.
    std::optional<sourced_document> document = {};
    /// Number of the edit (grouping::all_or_none) that it was part of, 0 for none. Records with the
    /// same number are accepted together or not at all.
    std::uint64_t edit = 0;
  };
  std::optional<refusal> refused;
  /// The file was removed, but its content stays effective because the policy rejects the values
  /// without it.
  bool removed = false;

  /// Whether the next file change retries it: it was rejected by the policy or for the size of its
  /// namespace, or together with another file of its edit.
  bool retryable() const {
    return removed || (refused && (refused->document || refused->edit != 0));
  }
};

/// The overrides of a namespace in numbers, and what keeps them current without counting again.
struct counted_overrides {
  override_summary numbers;
  /// When the overrides that hide values were set, with the number of values that those of each
  /// time hide.
  shared_map<wall_time, std::size_t, std::compare_three_way> times = {};
};

/// All that makes up a namespace. The records are immutable and shared, so a copy is cheap and two
/// states are compared by pointers.
struct namespace_state {
  /// In merge order.
  std::map<source_id, std::shared_ptr<source_record const>> sources;
  std::shared_ptr<override_record const> overrides; ///< null: none
  std::shared_ptr<namespace_schema const> schema;   ///< null: none
  std::shared_ptr<namespace_locks const> locks;     ///< null: none
  effective value;
  /// A schema that the value fits without any issue, and the steps that it took to see that.
  /// Not durable.
  struct fit {
    std::shared_ptr<namespace_schema const> schema; ///< null: not known
    std::uint64_t steps = 0;
  };
  fit fits;
  /// Of the overrides and what they hide in this state; null: not made yet. Not durable.
  std::shared_ptr<counted_overrides const> summary;

  /// Whether a source, an override or a schema names it.
  bool exists() const { return !sources.empty() || overrides != nullptr || schema != nullptr; }
};

/// A pending change with what is needed to undo it: the override layer of each namespace that it
/// edited, before and after.
struct pending_record {
  pending_change what;
  struct layer_change {
    std::shared_ptr<override_record const> before; ///< null: there was none
    std::shared_ptr<override_record const> after;
  };
  std::map<std::string, layer_change> layers;
};
using pending_records = std::map<revision_number, std::shared_ptr<pending_record const>>;

/// Everything durable except the history, in memory. The committer thread owns it, and only
/// plan::advance() and the loading of a store change it; other threads get immutable values out of
/// it, such as effective texts.
struct model {
  revision_number revision = 0;
  std::map<std::string, namespace_state, std::less<>> namespaces;
  std::shared_ptr<policy const> active_policy = std::make_shared<policy const>();
  pending_records pending;
  /// The sources whose records are retryable(): the next file change tries them again. An index
  /// over `namespaces` and `active_policy`; note_retryable() updates it.
  std::set<source_id> retryable;
};

/// Updates model::retryable for a table of sources that was `before` and is `now`.
void note_retryable(model& all, source_records const& before, source_records const& now);

/// The state of a namespace; null: there is no such namespace. Valid until the model changes.
namespace_state const* find_namespace(model const& in, std::string_view name);

/// The record of a source; null: the source is not known.
std::shared_ptr<source_record const> find_source(model const& in, source_id const& id);

/// The merged layers of a namespace as canonical text, if one source without any null is all that
/// makes up its value: the very text that the source has. None: they have to be merged.
canonical::shared_text sole_text(namespace_state const& state);

/// Merges the layers of an existing namespace, from the defaults up to the overrides, without what
/// its locks take from them, into an object allocated in `storage`, which must outlive it.
boost::json::value merge_layers(namespace_state const& state, boost::json::storage_ptr storage);

/// The change of a source's status or diagnostics, if there is one. Null means that the source was,
/// or is, not known; at most one of the two may be null.
std::optional<source_transition> find_transition(source_record const* before,
                                                 source_record const* now);

/// Explains the value of a key: its effective value and what every layer says about it.
explanation explain(namespace_state const& state, key const& which);

/// The same for a value inside of an array. Each layer answers for the element of that name, if the
/// array has an "x-key", else for that of the same index. Errors: bad_key (not an array, no such
/// element).
[[nodiscard]] result<explanation> explain(namespace_state const& state, value_path const& which);

} // namespace cfgd::engine
