#pragma once

#include "store/sealing.hpp"
#include "store/types.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace cfgd::store {

/// What a store has beside its model.
struct store_identity {
  std::string id; ///< store_id
  /// Revisions before it are of another history (layout::cut).
  revision_number cut = 0;
  /// Namespaces whose records are sealed (layout::sealed_namespaces).
  std::set<std::string, std::less<>> sealed = {};
  std::shared_ptr<key_ring const> keys = {}; ///< null: nothing is sealed
};

/// Writes a store with everything of a model, which has no history, into an empty directory:
/// data.mdb and lock.mdb. `maximum_bytes` is the limit of the store. Not durable until data.mdb is
/// synced. Throws lmdb_error. Any thread.
void write_model(std::filesystem::path const& empty, engine::model const& all,
                 store_identity const& who, std::size_t maximum_bytes);

} // namespace cfgd::store
