#include "store/foreign.hpp"

#include <algorithm>
#include <utility>

// Another program that writes to the store may err: forget the record of a change, or leave a
// namespace out of it. What is in `effective` counts, for readers will see it after a restart
// anyway. So namespaces are compared by their texts, and one that no change speaks of is told with
// the last of them, or by itself.

namespace cfgd::store {
namespace {

std::vector<effective> differing_values(model const& before, model const& after) {
  static namespace_state const nothing;
  std::vector<effective> found;
  for (auto const& [name, state] : after.namespaces) {
    auto const at = before.namespaces.find(name);
    auto const& old = at == before.namespaces.end() ? nothing : at->second;
    auto const& was = old.value.text;
    auto const& is = state.value.text;
    if (was == nullptr || is == nullptr ? was != is : *was != *is) found.push_back(state.value);
  }
  for (auto const& [name, state] : before.namespaces)
    if (state.value.text && !after.namespaces.contains(name))
      found.push_back({.name_space = name, .revision = after.revision});
  return found;
}

bool touches(applied const& one, std::string const& name_space) {
  return std::ranges::any_of(one.changes.front()->keys, [&name_space](key_change const& changed) {
    return changed.key.size() > name_space.size() && changed.key.starts_with(name_space) &&
           changed.key[name_space.size()] == '.';
  });
}

} // namespace

std::vector<applied> tell_foreign(model const& before, model const& after,
                                  std::vector<std::shared_ptr<change const>> changes) {
  std::vector<applied> all;
  for (auto& one : changes) {
    auto const revision = one->revision;
    all.push_back({.revision = revision, .changes = {std::move(one)}});
  }
  auto values = differing_values(before, after);
  if (all.empty() && !values.empty()) {
    all.push_back({.revision = after.revision, .effectives = std::move(values)});
    return all;
  }
  for (auto& value : values) {
    auto const last = std::find_if(all.rbegin(), all.rend(), [&value](applied const& one) {
      return touches(one, value.name_space);
    });
    (last == all.rend() ? all.back() : *last).effectives.push_back(std::move(value));
  }
  return all;
}

} // namespace cfgd::store
