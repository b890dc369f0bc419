#pragma once

#include "engine/model.hpp"

#include <string>
#include <vector>

/// What the schemas of a state call secret. Pure.
namespace cfgd::engine {

/// Whether the schema of a namespace declares secrets.
bool declares_secrets(namespace_state const& state);

/// The namespaces of a state whose schema declares secrets, in their order.
std::vector<std::string> namespaces_with_secrets(model const& in);

} // namespace cfgd::engine
