#include "engine/override_editors.hpp"

#include "engine/hidden.hpp"

#include <utility>

// A request may name a namespace many times. There is one working copy for each namespace, and only
// layers that changed reach the candidate, so that the others cost no evaluation and no write.

namespace cfgd::engine {

override_editor& override_editors::of(std::string const& name_space) {
  if (auto const found = editors_.find(name_space); found != editors_.end()) return found->second;
  auto const* const state = made_.find(name_space);
  auto const* const before = state == nullptr ? nullptr : state->overrides.get();
  return editors_.emplace(name_space, override_editor(before)).first->second;
}

void override_editors::put() {
  for (auto& [name, edit] : editors_)
    if (edit.changed()) made_.edit(name).overrides = edit.finish();
}

std::map<std::string, pending_record::layer_change> override_editors::layer_changes() {
  std::map<std::string, pending_record::layer_change> all;
  for (auto& [name, edit] : editors_) {
    if (!edit.changed()) continue;
    auto const* const was = made_.was(name);
    all[name] = {was == nullptr ? nullptr : was->overrides, edit.finish()};
  }
  return all;
}

hidden_values override_editors::find_hidden() {
  hidden_values all;
  for (auto const& [name, edit] : editors_) {
    if (!edit.changed()) continue;
    auto& state = made_.edit(name);
    state.summary = add_hidden_by_overrides(all, made_.was(name), state, edit.keys_set());
  }
  return all;
}

void override_editors::set_revision(revision_number revision) {
  for (auto& [name, edit] : editors_)
    edit.set_revision(revision);
}

} // namespace cfgd::engine
