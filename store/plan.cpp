#include "store/plan.hpp"

#include <utility>

// Two levels of copies: a draft holds what one request changes and is thrown away if the request is
// refused, or only tried; the plan holds what all requests of the batch have changed, and is thrown
// away if the transaction fails. The model is what is durable. What must be written is found at the
// end by comparing pointers, so that ten requests for one namespace write it once.

namespace cfgd::store {

namespace_state const* draft::find(std::string_view name_space) const {
  for (auto const* const level : {&edited_, &below_, &further_}) {
    if (auto const found = level->find(name_space); found != level->end()) return &found->second;
  }
  return nullptr;
}

namespace_state& draft::edit(std::string_view name_space) {
  if (auto const mine = edited_.find(name_space); mine != edited_.end()) return mine->second;
  auto const* const before = find(name_space);
  auto& added = edited_[std::string(name_space)];
  if (before != nullptr) added = *before;
  added.value.name_space = name_space;
  return added;
}

outcome plan::apply(request const& asked) {
  return std::visit([this](auto const& one) { return apply(one); }, asked);
}

void plan::keep(draft&& made, applied const& done) {
  for (auto& [name, state] : made.edited())
    staged_.insert_or_assign(name, std::move(state));
  revision_ = done.revision;
  changes_.insert(changes_.end(), done.changes.begin(), done.changes.end());
}

write_set plan::writes() const {
  static namespace_state const nothing;
  write_set out{.revision = revision_, .changes = changes_};
  for (auto const& [name, state] : staged_) {
    auto const found = base_.namespaces.find(name);
    auto const& before = found == base_.namespaces.end() ? nothing : found->second;
    for (auto const& [id, record] : state.sources) {
      auto const old = before.sources.find(id);
      if (old == before.sources.end() || old->second != record)
        out.sources.emplace_back(id, record);
    }
    for (auto const& [id, record] : before.sources)
      if (!state.sources.contains(id)) out.sources.emplace_back(id, nullptr);
    if (state.overrides != before.overrides) out.overrides.emplace_back(name, state.overrides);
    if (state.value.text != before.value.text) out.effectives.push_back(state.value);
  }
  return out;
}

void plan::take_over(model& base) && {
  base.revision = revision_;
  for (auto& [name, state] : staged_) {
    if (state.exists())
      base.namespaces.insert_or_assign(name, std::move(state));
    else
      base.namespaces.erase(name);
  }
}

} // namespace cfgd::store
