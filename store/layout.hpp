#pragma once

#include "engine/change_note.hpp"
#include "store/encoding.hpp"
#include "store/lmdb.hpp"
#include "store/record_codec.hpp"
#include "store/types.hpp"

#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace cfgd::store {

/// The databases of a store and what is in them: docs/store-format.md, in code. Functions throw
/// lmdb_error, and damaged_record where a record is not what was written.
class layout {
 public:
  static constexpr std::uint64_t format = 2;
  /// The first cfgd that reads it.
  static constexpr std::string_view first_version = "0.2.0";
  static constexpr unsigned database_count = 6;

  /// Makes the databases of an empty store.
  static void create(lmdb::write_transaction& in, wall_time now);

  /// Makes a store of an older format one of this format.
  static void upgrade(lmdb::write_transaction& in);

  /// Opens the databases. The transaction must be committed to keep them.
  explicit layout(lmdb::transaction& in);

  /// The format that a store has: this one or an older one. Errors: invalid (a newer one, none).
  [[nodiscard]] static result<std::uint64_t> check_format(lmdb::transaction& in);

  /// All but what schemas and rules make: they are sources here.
  model load(lmdb::transaction& in) const;
  revision_number revision(lmdb::transaction& in) const;

  /// Writes all of it.
  void write(lmdb::write_transaction& in, write_set const& what) const;

  /// Changes behind `after`, about `maximum_bytes` of them but one at least.
  history_slice read_changes(lmdb::transaction& in, revision_number after,
                             std::size_t maximum_bytes) const;

  /// The oldest revision that is kept; the newest + 1 if none.
  revision_number oldest(lmdb::transaction& in) const;

  /// Shows the changes from `newest` (or the next older one) on to the oldest until `visit` returns
  /// false.
  void walk_back(lmdb::transaction& in, revision_number newest,
                 std::function<bool(change_view const&)> const& visit) const;

  /// Writes what is there already.
  void touch(lmdb::write_transaction& in) const;

  struct kept_history {
    std::size_t revisions = 0;
    /// Older changes may go.
    wall_time since{};
    /// At most so many are erased at once.
    std::size_t erased = 0;
    /// Changes may go, however few and young, while they take more than this.
    std::size_t bytes = std::numeric_limits<std::size_t>::max();
  };
  /// Erases the oldest changes that need not be kept; returns how many.
  std::size_t trim(lmdb::write_transaction& in, kept_history const& keep) const;

 private:
  /// Adds a note to the comment of a change; does nothing if the change is not kept.
  void add_note(lmdb::write_transaction& in, engine::change_note const& note) const;
  bool may_go(lmdb::entry const& oldest, revision_number newest, kept_history const& keep) const;

  lmdb::database meta_;
  lmdb::database sources_;
  lmdb::database overrides_;
  lmdb::database effective_;
  lmdb::database changes_;
  lmdb::database pending_;
};

} // namespace cfgd::store
