#pragma once

#include "core/error.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cfgd::store {
class reader_gate;
} // namespace cfgd::store

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace cfgd::store {

/// A call of LMDB, or a system call for its file, failed.
class lmdb_error : public storage_failure {
 public:
  lmdb_error(std::string const& call, int code, std::filesystem::path const& path);

  /// The code that LMDB returned: positive errno values, or its own negative codes.
  int code() const { return code_; }
  bool map_full() const;
  bool not_found() const;
  /// Whether the file is damaged or not an LMDB file.
  bool damaged() const;
  /// Whether the file is not a file of LMDB, or not any more.
  bool no_lmdb_file() const;
  /// Whether the kernel failed a write; LMDB also says I/O error where the file system is full.
  bool writing_failed() const;

 protected:
  lmdb_error(std::string const& message, int code);

 private:
  int code_;
};

/// RAII wrappers of the C interface of LMDB (lmdb.h is its manual). No MDB_DUPSORT, always the
/// default, durable sync mode. Functions throw lmdb_error. Each object is used by one thread.
namespace lmdb {

using database = unsigned int;

/// An open environment. All transactions must end before it does, and before the map grows. One
/// thread owns it; others may read in it (read_transaction::try_begin()).
class environment {
 public:
  struct options {
    std::size_t map_bytes = 0; ///< the limit of the file; at least what the file uses
    unsigned databases = 0;    ///< the most that can be open
    /// Only this process knows the directory: there is no lock file.
    bool is_private = false;
    /// Where readers of other threads are; null: there are none. Must outlive the environment.
    reader_gate* gate = nullptr;
  };
  /// Opens the environment in `directory`, or creates an empty one there.
  environment(std::filesystem::path directory, options const& how);
  ~environment();
  environment(environment const&) = delete;
  environment& operator=(environment const&) = delete;

  std::size_t map_bytes() const;
  /// Bytes of the pages that are, or were once, in use.
  std::size_t used_bytes() const;
  /// Grows the map. 0: adopts the size that another process has set. No transaction may be open.
  void set_map_bytes(std::size_t bytes);
  /// Whether the file has all pages in use: it may have been truncated by somebody. Any thread.
  bool is_whole() const;
  /// Call it after a commit: the file may lack pages that were allocated and freed by one
  /// transaction, and is whole if it is as long as it was.
  void note_size() const noexcept;
  /// Id of the last committed transaction, of any process.
  std::uint64_t last_transaction() const;
  /// Frees the slots of dead reader processes; returns how many there were.
  std::size_t check_readers();
  /// Writes a copy without free pages into an empty directory: data.mdb, not durable yet.
  void copy_compacted(std::filesystem::path const& empty);
  /// Gives the pages of the file that were read back to the kernel: they stay in its cache, but do
  /// not count as memory of this process any more. Transactions may be open, on any thread.
  void give_back_pages() const noexcept;
  /// Flushes the file; needed only after creation, commits do it themselves.
  void sync();

  std::filesystem::path const& directory() const { return directory_; }

 private:
  friend class transaction;
  friend class read_transaction;
  MDB_txn* begin(unsigned flags);
  MDB_txn* try_begin();
  void cover_map();

  std::filesystem::path directory_;
  reader_gate* gate_ = nullptr;
  MDB_env* handle_ = nullptr;
  mutable std::atomic<std::size_t> bytes_ = 0; ///< of the file, as it was seen last
};

/// One record. The views are valid until the transaction ends or writes.
struct entry {
  std::string_view key;
  std::string_view value;
};

/// The operations of both kinds of transaction. Views are valid until the transaction ends or
/// writes.
class transaction {
 public:
  transaction(transaction const&) = delete;
  transaction& operator=(transaction const&) = delete;

  enum class if_absent : std::uint8_t { fail, create };
  /// Opens a database; `create` only in a write transaction. The handle stays valid after the
  /// transaction if that commits, or keep_databases() is called.
  database open(char const* name, if_absent what);
  /// The value of a key; absent: there is no such record.
  std::optional<std::string_view> get(database from, std::string_view key) const;
  /// Of a read transaction the id of the state that it sees, of a write transaction the next one.
  std::uint64_t id() const;
  /// Bytes of the pages that a database uses.
  std::size_t used_bytes(database of) const;
  std::filesystem::path const& directory() const { return owner_->directory(); }

 protected:
  transaction(environment& owner, unsigned flags);
  transaction(environment& owner, MDB_txn* begun, std::function<void()> const& check)
      : owner_(&owner), handle_(begun), check_(check) {}
  ~transaction();
  void finish();

  environment* owner_;
  MDB_txn* handle_;
  std::function<void()> check_ = {}; ///< called when a cursor moves

 private:
  friend class cursor;
};

/// A view of the last committed state. Keep it short: while it lives, no page that it sees is
/// reused.
class read_transaction : public transaction {
 public:
  explicit read_transaction(environment& owner);
  /// On another thread than the owner's, inside of its gate. Null: another process has grown the
  /// map, which the owner has to adopt. `check` is called whenever a cursor moves, and may throw.
  static std::unique_ptr<read_transaction> try_begin(environment& owner,
                                                     std::function<void()> const& check);
  /// Ends it; the databases that it opened stay open.
  void keep_databases() { finish(); }

 private:
  read_transaction(environment& owner, MDB_txn* begun, std::function<void()> const& check)
      : transaction(owner, begun, check) {}
};

/// The only writer among all processes; its constructor waits for another one to end. Aborted
/// unless committed.
class write_transaction : public transaction {
 public:
  explicit write_transaction(environment& owner);
  /// Inserts or replaces a record. Keys have up to 511 bytes. Views of this transaction are invalid
  /// afterwards, as after append() and erase().
  void put(database into, std::string_view key, std::string_view value);
  /// The same for a key behind all others; returns false, and writes nothing, if it is not.
  [[nodiscard]] bool append(database into, std::string_view key, std::string_view value);
  /// Returns whether the record existed.
  bool erase(database from, std::string_view key);
  /// Makes it durable; blocks for the fsync. The transaction is over even if this throws.
  void commit() {
    finish();
    owner_->note_size();
  }
};

/// Walks a database in key order. Must end before its transaction. No entry: the end was reached.
class cursor {
 public:
  cursor(transaction& owner, database over);
  ~cursor();
  cursor(cursor const&) = delete;
  cursor& operator=(cursor const&) = delete;

  /// Each moves the cursor and returns the entry that it is at.
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
