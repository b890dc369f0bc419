#pragma once

#include "core/document.hpp"
#include "engine/model.hpp"
#include "engine/place_index.hpp"
#include "engine/records.hpp"
#include "engine/typed_source.hpp"

#include <boost/json/value.hpp>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Which values of a namespace's sources have no effect, because a higher layer sets or removes
/// their keys. A value that equals that of the higher layer is not hidden. Pure.
namespace cfgd::engine {

/// The values at and below the keys, and at their parents, that overrides hide: of each key the one
/// that would be effective without them. Adds them to `into`. Returns the summary of the overrides
/// if that is known as well then, because the keys are all that differs from the state before
/// (null: there was none); else null.
std::shared_ptr<override_summary const> add_hidden_by_overrides(hidden_values& into,
                                                                namespace_state const* was,
                                                                namespace_state const& now,
                                                                std::span<key const> which);

/// Finds what hides the values of one source. The state and the source must outlive it.
class hiding_finder {
 public:
  hiding_finder(namespace_state const& state, source_record const& source);

  /// What hides the value of a leaf; absent: nothing does. `value` null: the source removes the
  /// key, or does not set it any more.
  std::optional<hidden_value> find(key const& leaf, boost::json::value const& value) const;

 private:
  struct source_above {
    source_record const* source;
    std::shared_ptr<sourced_document const> document;
  };

  namespace_state const& state_;
  source_record const& source_;
  override_layer overrides_;
  std::vector<source_above> above_;                  ///< the topmost first
  std::shared_ptr<sourced_document const> document_; ///< of the source itself
  place_index places_;                               ///< of that document
};

/// The overrides of a namespace in numbers.
override_summary summarize_overrides(namespace_state const& state);
/// The same, from the summary of the state before, if it has one and not too much differs.
override_summary summarize_overrides(namespace_state const& was, namespace_state const& now);

/// The keys at and below `prefix` (absent: all) that were set in the override layer, with what each
/// hides. Values of secrets, and objects that contain one, are left out.
std::vector<override_row> list_overrides(namespace_state const& state,
                                         std::optional<key> const& prefix);

/// The number of leaves of each effective source, and of those that are hidden.
std::map<source_id, source_keys> count_hidden(namespace_state const& state);

} // namespace cfgd::engine
