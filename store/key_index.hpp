#pragma once

#include "core/change.hpp"
#include "engine/unwinding.hpp"
#include "store/lmdb.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd::store {

/// The index of history by key (docs/store-format.md, keys): which changes touch a key or a key
/// below it. Valid as long as the environment stays open. Functions throw lmdb_error.
class key_index {
 public:
  explicit key_index(lmdb::database keys) : keys_(keys) {}

  /// The keys of the entries of a change, in key order.
  static std::vector<std::string> entries_of(engine::change_view const& one);

  /// The same of a change that cannot be read: it may touch every key.
  static std::vector<std::string> entries_of_damaged(revision_number revision);

  /// Both take what entries_of() returned.
  void add(lmdb::write_transaction& in, std::vector<std::string> const& entries) const;
  void erase(lmdb::write_transaction& in, std::vector<std::string> const& entries) const;
  /// Whether all of them are there, undamaged.
  bool has(lmdb::transaction const& in, std::vector<std::string> const& entries) const;

  /// Bytes of the pages that it takes.
  std::size_t used_bytes(lmdb::transaction const& in) const { return in.used_bytes(keys_); }

  /// Calls `visit` for the revisions from `newest` on, newest first, whose changes may touch the
  /// key with this text or a key below it, until it returns false: a change with very many keys is
  /// found for each key of its namespaces.
  void walk_back(lmdb::transaction& in, std::string_view key_text, revision_number newest,
                 std::function<bool(revision_number)> const& visit) const;

 private:
  lmdb::database keys_;
};

} // namespace cfgd::store
