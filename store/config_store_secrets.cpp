#include "store/config_store_impl.hpp"

// What the effective schemas call secret, for callers that must leave secrets out.

namespace cfgd::store {

bool config_store::has_secrets(std::string_view name_space) const {
  auto const found = impl_->state.namespaces.find(name_space);
  return found != impl_->state.namespaces.end() && found->second.schema &&
         found->second.schema->what->has_secrets();
}

bool config_store::is_secret(std::string_view name_space, std::span<std::string const> path) const {
  auto const found = impl_->state.namespaces.find(name_space);
  return found != impl_->state.namespaces.end() && found->second.schema &&
         found->second.schema->what->is_secret(path);
}

} // namespace cfgd::store
