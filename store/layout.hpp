#pragma once

#include "store/encoding.hpp"
#include "store/lmdb.hpp"
#include "store/model.hpp"
#include "store/plan.hpp"

#include <string>
#include <string_view>

namespace cfgd::store {

/// The databases of a store and what is in them: docs/store-format.md, in code. Functions throw
/// lmdb_error, and damaged_record where a record is not what was written.
class layout {
 public:
  static constexpr std::uint64_t format = 1;
  static constexpr unsigned database_count = 5;

  /// Makes the databases of an empty store.
  static void create(lmdb::write_transaction& in, wall_time now);

  /// Opens the databases. The transaction must be committed to keep them.
  explicit layout(lmdb::transaction& in);

  /// Errors: invalid (a newer format, no format).
  [[nodiscard]] static result<void> check_format(lmdb::transaction& in);

  model load(lmdb::transaction& in) const;
  revision_number revision(lmdb::transaction& in) const;

  /// Writes all of it.
  void write(lmdb::write_transaction& in, write_set const& what) const;

  /// Changes behind `after`, about `maximum_bytes` of them but one at least.
  history_slice read_changes(lmdb::transaction& in, revision_number after,
                             std::size_t maximum_bytes) const;

  /// Writes what is there already.
  void touch(lmdb::write_transaction& in) const;

  struct kept_history {
    std::size_t revisions = 0;
    /// Older changes may go.
    wall_time since{};
    /// At most so many are erased at once.
    std::size_t erased = 0;
  };
  /// Erases the oldest changes that need not be kept; returns how many.
  std::size_t trim(lmdb::write_transaction& in, kept_history const& keep) const;

 private:
  lmdb::database meta_;
  lmdb::database sources_;
  lmdb::database overrides_;
  lmdb::database effective_;
  lmdb::database changes_;
};

} // namespace cfgd::store
