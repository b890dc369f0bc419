#pragma once

#include "engine/model.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cfgd::engine {

/// What one request makes of the model. Reads fall through to what lies below, edits copy.
class candidate {
 public:
  using states = std::map<std::string, namespace_state, std::less<>>;
  /// `below` and `further` must outlive it; a namespace is looked for in `below` first.
  candidate(states const& below, states const& further, std::shared_ptr<policy const> current)
      : active_policy(std::move(current)), below_(&below), further_(&further) {}

  /// Schemas and rules as they shall be. A namespace's state has its schema beside.
  std::shared_ptr<policy const> active_policy;

  /// Null: no such namespace.
  namespace_state const* find(std::string_view name_space) const;
  /// The state below the draft; null: there was no such namespace.
  namespace_state const* was(std::string_view name_space) const;
  /// The state to change; a new one is empty.
  namespace_state& edit(std::string_view name_space);
  states& edited() { return edited_; }
  states const& edited() const { return edited_; }

 private:
  states const* below_;
  states const* further_;
  states edited_;
};

} // namespace cfgd::engine
