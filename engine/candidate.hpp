#pragma once

#include "engine/model.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace cfgd::engine {

/// The state that one request would lead to: a copy-on-write view over the model. Nothing outside
/// of the candidate changes until the plan accepts it, so a rejected candidate is just dropped. Not
/// thread-safe; copying it copies the edited states, whose records are shared.
class candidate {
 public:
  using states = std::map<std::string, namespace_state, std::less<>>;
  /// A namespace is looked up in `below` first, then in `further`; both must outlive the candidate
  /// and must not change meanwhile.
  candidate(states const& below, states const& further, std::shared_ptr<policy const> current)
      : active_policy(std::move(current)), below_(&below), further_(&further) {}

  /// Schemas, rules and access files as the request would leave them. The schema and the locks of a
  /// namespace are also in its state; whoever replaces the policy updates both.
  std::shared_ptr<policy const> active_policy;

  /// The state of a namespace with the edits made so far; null: no such namespace. The pointer is
  /// valid until edit() is called.
  namespace_state const* find(std::string_view name_space) const;
  /// The state of a namespace before the request; null: there was no such namespace.
  namespace_state const* was(std::string_view name_space) const;
  /// The state to change. The first call copies the state below; a new namespace starts empty. The
  /// reference is valid as long as the candidate.
  namespace_state& edit(std::string_view name_space);
  /// All namespaces that edit() was called for, also those that were not changed after it.
  states& edited() { return edited_; }
  states const& edited() const { return edited_; }

 private:
  states const* below_;
  states const* further_;
  states edited_;
};

} // namespace cfgd::engine
