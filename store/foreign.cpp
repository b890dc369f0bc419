#include "store/foreign.hpp"

#include "engine/diff.hpp"
#include "engine/hidden.hpp"
#include "engine/pending.hpp"

#include <algorithm>
#include <utility>

// Another program that writes to the store may have faults: it may forget the record of a change,
// or leave a namespace out of it. What a start derives from `effective` and the changes after it
// is authoritative. So namespaces are compared by their texts. A namespace that differs and that no
// change mentions is published with the last change, or alone, and marked needs_resync, unless none
// of its leaves differs. Sources have no revisions of their own: they are published with the last
// change.

namespace cfgd::store {
namespace {

/// A namespace whose text differs now.
struct new_value {
  effective is;
  canonical::shared_text was;
  bool secrets_alone = false; ///< only which of its values are secret differs
};

std::string_view view(canonical::shared_text const& text) {
  return text ? std::string_view(*text) : std::string_view();
}

namespace_state const& state_of(model const& all, std::string const& name) {
  static namespace_state const nothing;
  auto const* const found = engine::find_namespace(all, name);
  return found == nullptr ? nothing : *found;
}

std::vector<new_value> differing_values(model const& before, model const& after) {
  std::vector<new_value> found;
  for (auto const& [name, state] : after.namespaces) {
    auto const& was = state_of(before, name).value;
    bool const same = view(was.text) == view(state.value.text);
    bool const same_shown = view(was.shown) == view(state.value.shown);
    if (!same || !same_shown) found.push_back({state.value, was.text, same});
  }
  for (auto const& [name, state] : before.namespaces)
    if (state.value.text && !after.namespaces.contains(name))
      found.push_back({{.name_space = name, .revision = after.revision}, state.value.text});
  return found;
}

bool has_keys(new_value const& value) {
  std::vector<key_change> keys;
  engine::append_differences(keys, value.is.name_space, view(value.was), view(value.is.text));
  return !keys.empty();
}

std::vector<source_transition> find_transitions(model const& before, model const& after) {
  std::vector<source_transition> all;
  auto const add = [&all](source_record const* was, source_record const* is) {
    if (auto found = engine::find_transition(was, is)) all.push_back(*std::move(found));
  };
  auto const compare = [&add](source_records const& old, source_records const& now) {
    for (auto const& [id, source] : now) {
      auto const was = old.find(id);
      add(was == old.end() ? nullptr : was->second.get(), source.get());
    }
    for (auto const& [id, source] : old)
      if (!now.contains(id)) add(source.get(), nullptr);
  };
  for (auto const& [name, state] : after.namespaces)
    compare(state_of(before, name).sources, state.sources);
  for (auto const& [name, state] : before.namespaces)
    if (!after.namespaces.contains(name)) compare(state.sources, {});
  compare(before.active_policy->sources, after.active_policy->sources);
  return all;
}

/// Of the namespaces whose overrides differ, or hide other values.
std::vector<engine::override_summary> new_summaries(model const& before, model const& after) {
  std::vector<engine::override_summary> all;
  for (auto const& [name, state] : after.namespaces) {
    auto const was = engine::summarize_overrides(state_of(before, name));
    auto now = engine::summarize_overrides(state);
    if (now.overrides != was.overrides || now.hidden != was.hidden || now.since != was.since)
      all.push_back(std::move(now));
  }
  for (auto const& [name, state] : before.namespaces)
    if (state.overrides && !after.namespaces.contains(name)) all.push_back({.name_space = name});
  return all;
}

/// A pending change of another process can only appear, end, or get another deadline.
bool is_same(pending_records const& left, pending_records const& right) {
  return std::ranges::equal(left, right, [](auto const& one, auto const& other) {
    return one.first == other.first && one.second->what.deadline == other.second->what.deadline;
  });
}

/// Whether a change has a key in the namespace.
bool touches(committed_change const& one, std::string const& name_space) {
  if (one.changes.empty()) return false;
  return std::ranges::any_of(one.changes.front()->keys, [&name_space](key_change const& changed) {
    return changed.key.size() > name_space.size() && changed.key.starts_with(name_space) &&
           changed.key[name_space.size()] == '.';
  });
}

} // namespace

std::vector<committed_change> describe_foreign(model const& before, model const& after,
                                               std::vector<std::shared_ptr<change const>> changes) {
  std::vector<committed_change> all;
  for (auto& one : changes) {
    auto const revision = one->revision;
    all.push_back({.revision = revision, .changes = {std::move(one)}});
  }
  auto values = differing_values(before, after);
  auto transitions = find_transitions(before, after);
  // The revision moved without a change record: erased in the same transaction, or never written.
  bool const silent = all.empty() && after.revision != before.revision;
  bool const pending_differs = !is_same(before.pending, after.pending);
  auto overrides = new_summaries(before, after);
  if (all.empty() &&
      (silent || pending_differs || !values.empty() || !transitions.empty() || !overrides.empty()))
    all.push_back({.revision = after.revision, .needs_resync = silent});
  for (auto& value : values) {
    auto const last = std::find_if(all.rbegin(), all.rend(), [&value](committed_change const& one) {
      return touches(one, value.is.name_space);
    });
    auto& with = last == all.rend() ? all.back() : *last;
    if (value.secrets_alone || (last == all.rend() && has_keys(value))) with.needs_resync = true;
    with.effectives.push_back(std::move(value.is));
  }
  if (!transitions.empty()) all.back().transitions = std::move(transitions);
  if (!overrides.empty()) all.back().overrides = std::move(overrides);
  if (pending_differs) all.back().pending = engine::list_pending(after.pending);
  return all;
}

} // namespace cfgd::store
