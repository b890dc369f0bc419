#pragma once

#include "core/document.hpp"
#include "engine/model.hpp"
#include "engine/place_index.hpp"
#include "engine/records.hpp"
#include "engine/typed_source.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// Which values of a namespace's sources have no effect, because a higher layer sets or removes
/// their keys. A value that equals that of the higher layer is not hidden. Pure.
namespace cfgd::engine {

/// The values at and below the keys, and at their parents, that overrides hide: of each key the one
/// that would be effective without them. Adds them to `into`. Returns the summary of the overrides
/// if that is known as well then, because the keys are all that differs from the state before
/// (null: there was none); else null.
std::shared_ptr<counted_overrides const> add_hidden_by_overrides(hidden_values& into,
                                                                 namespace_state const* was,
                                                                 namespace_state const& now,
                                                                 std::span<key const> which);

/// The layers of a namespace as its schema reads them, to look for what hides values. Made once for
/// many keys: reading may copy. The state must outlive it.
struct hiding_layers {
  struct file {
    source_record const* source;
    source_lookup values;
    std::shared_ptr<sourced_document const> locked = {}; ///< all of it; null: there are no locks
  };

  /// The files above one; null: all that count.
  explicit hiding_layers(namespace_state const& of, source_record const* lowest = nullptr);

  namespace_state const& state;
  override_layer overrides;
  std::vector<file> files = {}; ///< the topmost first
};

/// Finds what hides the values of one source. The state and the source must outlive it.
class hiding_finder {
 public:
  hiding_finder(namespace_state const& state, source_record const& source);

  /// What hides the value of a leaf, a canonical text; absent: nothing does. "null": the source
  /// removes the key, or does not set it any more.
  std::optional<hidden_value> find(key const& leaf, std::string_view value) const;

 private:
  hiding_layers above_;
  source_record const& source_;
  std::shared_ptr<sourced_document const> document_; ///< of the source itself
  place_index places_;                               ///< of that document
};

/// The overrides of a namespace in numbers.
counted_overrides count_overrides(namespace_state const& state);
override_summary summarize_overrides(namespace_state const& state);
/// The same, from the summary of the state before, if it has one and not too much differs.
counted_overrides count_overrides(namespace_state const& was, namespace_state const& now);

/// The keys at and below `prefix` (absent: all) that were set in the override layer, with what each
/// hides. Values of secrets, and objects that contain one, are left out.
std::vector<override_row> list_overrides(namespace_state const& state,
                                         std::optional<key> const& prefix);

/// The number of leaves of each effective source, and of those that are hidden.
std::map<source_id, source_keys> count_hidden(namespace_state const& state);

} // namespace cfgd::engine
