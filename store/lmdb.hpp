#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace cfgd::store {

/// A call of LMDB, or one that it stands on, failed.
class lmdb_error : public storage_failure {
 public:
  lmdb_error(std::string const& call, int code, std::filesystem::path const& path);

  /// What LMDB returned: an errno value if positive, one of its own if negative.
  int code() const { return code_; }
  bool map_full() const;
  bool not_found() const;
  /// Whether the file is no store, or a broken one.
  bool damaged() const;

 protected:
  lmdb_error(std::string const& message, int code);

 private:
  int code_;
};

/// LMDB's C interface with owners (lmdb.h is its manual). No MDB_DUPSORT, always its default,
/// durable sync mode. Functions throw lmdb_error. One thread.
namespace lmdb {

using database = unsigned int;

/// An open environment. Transactions must end before it does, and before the map grows.
class environment {
 public:
  struct options {
    std::size_t map_bytes = 0;
    unsigned databases = 0;
  };
  /// Opens the store in `directory`, or makes an empty one there.
  environment(std::filesystem::path directory, options const& how);
  ~environment();
  environment(environment const&) = delete;
  environment& operator=(environment const&) = delete;

  std::size_t map_bytes() const;
  /// Bytes that are in use or were once.
  std::size_t used_bytes() const;
  void set_map_bytes(std::size_t bytes);
  /// Id of the last committed transaction, of any process.
  std::uint64_t last_transaction() const;
  /// Frees the slots of readers that died; returns how many.
  std::size_t check_readers();
  /// Makes everything durable that was written, where fsync is not implied: after creation.
  void sync();

  std::filesystem::path const& directory() const { return directory_; }

 private:
  friend class transaction;
  MDB_txn* begin(unsigned flags);
  void cover_map();

  std::filesystem::path directory_;
  MDB_env* handle_ = nullptr;
};

struct entry {
  std::string_view key;
  std::string_view value;
};

/// What both kinds of transaction can do. Views are valid until the transaction ends or writes.
class transaction {
 public:
  transaction(transaction const&) = delete;
  transaction& operator=(transaction const&) = delete;

  enum class if_absent : std::uint8_t { fail, create };
  database open(char const* name, if_absent what);
  std::optional<std::string_view> get(database from, std::string_view key) const;
  std::uint64_t id() const;
  /// Bytes of the pages that a database takes.
  std::size_t used_bytes(database of) const;
  std::filesystem::path const& directory() const { return owner_->directory(); }

 protected:
  transaction(environment& owner, unsigned flags);
  ~transaction();
  void finish();

  environment* owner_;
  MDB_txn* handle_;

 private:
  friend class cursor;
};

/// A view of the last committed state. Keep it short: it holds pages back from being used again.
class read_transaction : public transaction {
 public:
  explicit read_transaction(environment& owner);
  /// Ends it and keeps the databases that it opened open.
  void keep_databases() { finish(); }
};

/// The one writer among all processes; waits for the other. Undone unless committed.
class write_transaction : public transaction {
 public:
  explicit write_transaction(environment& owner);
  void put(database into, std::string_view key, std::string_view value);
  /// The same, for a key that lies behind all others.
  void append(database into, std::string_view key, std::string_view value);
  /// Returns whether there was one.
  bool erase(database from, std::string_view key);
  /// Makes it durable. The transaction is over, also when this throws.
  void commit() { finish(); }
};

/// Walks a database in key order. Must end before its transaction.
class cursor {
 public:
  cursor(transaction& owner, database over);
  ~cursor();
  cursor(cursor const&) = delete;
  cursor& operator=(cursor const&) = delete;

  std::optional<entry> first();
  std::optional<entry> last();
  std::optional<entry> next();
  std::optional<entry> previous();
  /// The first entry whose key is not less than `key`.
  std::optional<entry> at_or_after(std::string_view key);

 private:
  std::optional<entry> move(std::string_view key, unsigned operation);

  transaction* owner_;
  MDB_cursor* handle_ = nullptr;
};

} // namespace lmdb
} // namespace cfgd::store
