#include "engine/candidate.hpp"

// Three tables are searched in this order: what this request has edited, what the requests before
// it in the same transaction have left, and the model.

namespace cfgd::engine {

namespace_state const* candidate::find(std::string_view name_space) const {
  auto const found = edited_.find(name_space);
  return found != edited_.end() ? &found->second : was(name_space);
}

namespace_state const* candidate::was(std::string_view name_space) const {
  for (auto const* const level : {below_, further_}) {
    if (auto const found = level->find(name_space); found != level->end()) return &found->second;
  }
  return nullptr;
}

namespace_state& candidate::edit(std::string_view name_space) {
  if (auto const mine = edited_.find(name_space); mine != edited_.end()) return mine->second;
  auto const* const before = was(name_space);
  auto& added = edited_[std::string(name_space)];
  if (before != nullptr) {
    added = *before;
    added.summary = nullptr; // of the state before
  } else {
    added.locks = locks_of(*active_policy, name_space);
  }
  added.value.name_space = name_space;
  return added;
}

} // namespace cfgd::engine
