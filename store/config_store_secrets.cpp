#include "store/config_store_impl.hpp"

// What the effective schemas call secret, for callers that must leave secrets out.

namespace cfgd::store {

bool config_store::has_secrets(std::string_view name_space) const {
  auto const* const found = engine::find_namespace(impl_->state, name_space);
  return found != nullptr && found->schema && found->schema->what->has_secrets();
}

bool config_store::is_secret(std::string_view name_space, std::span<std::string const> path) const {
  auto const* const found = engine::find_namespace(impl_->state, name_space);
  return found != nullptr && found->schema && found->schema->what->is_secret(path);
}

} // namespace cfgd::store
