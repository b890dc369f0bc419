#include "engine/secret_changes.hpp"

namespace cfgd::engine {

bool declares_secrets(namespace_state const& state) {
  return state.schema && state.schema->what->has_secrets();
}

std::vector<std::string> namespaces_with_secrets(model const& in) {
  std::vector<std::string> out;
  for (auto const& [name, state] : in.namespaces)
    if (declares_secrets(state)) out.push_back(name);
  return out;
}

} // namespace cfgd::engine
