#include "engine/hidden.hpp"
#include "store/config_store_impl.hpp"

#include <iterator>
#include <utility>

// Questions about the override layer and what it hides. Answered from the model: no I/O.

namespace cfgd::store {

std::vector<engine::override_row> config_store::overrides(std::optional<key> const& prefix) {
  std::vector<engine::override_row> all;
  for (auto const& [name, state] : impl_->state.namespaces) {
    if (prefix && prefix->name_space() != name) continue;
    auto found = engine::list_overrides(state, prefix);
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<engine::override_summary> config_store::override_summaries() {
  std::vector<engine::override_summary> all;
  for (auto const& [name, state] : impl_->state.namespaces)
    if (state.overrides) all.push_back(engine::summarize_overrides(state));
  return all;
}

std::map<source_id, engine::source_keys> config_store::source_keys() {
  std::map<source_id, engine::source_keys> all;
  for (auto const& [name, state] : impl_->state.namespaces)
    all.merge(engine::count_hidden(state));
  return all;
}

} // namespace cfgd::store
