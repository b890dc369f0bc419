#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "store/lmdb.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct MDB_env;
struct MDB_txn;

namespace cfgd::store {

/// The data.mdb of a store alone, such as a backup: opened for reading, without locks, and never
/// changed. No process may write to it meanwhile. Reading a damaged file may end the process, so
/// use run_guarded(). Functions throw lmdb_error, and damaged_record.
class data_file {
 public:
  /// Errors: invalid (not a store, truncated, or a newer format), io.
  [[nodiscard]] static result<data_file> open(std::filesystem::path const& path);

  std::uint64_t format() const { return format_; }
  revision_number revision() const { return revision_; }
  std::string const& store_id() const { return store_id_; }
  /// The id of the key that records are sealed with, as digits; empty: none is.
  std::string const& key_id() const { return key_id_; }
  /// The names of the databases in the file.
  std::vector<char const*> databases() const;
  /// The number of records in all databases.
  std::uint64_t records() const { return records_; }

  /// Calls `visit` for every record of every database in key order, after checking its check sum.
  /// The record is valid only during the call.
  void
  for_each(std::function<void(char const* database, lmdb::entry const& record)> const& visit) const;
  /// The same for one database, which must exist.
  void for_each_of(char const* database,
                   std::function<void(lmdb::entry const& record)> const& visit) const;

 private:
  struct closer {
    void operator()(MDB_env* environment) const;
    void operator()(MDB_txn* transaction) const;
  };

  explicit data_file(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] result<void> open_map();
  [[nodiscard]] result<void> check_format();
  std::string word(char const* key) const;
  /// The same for a word that may be absent; empty then.
  std::string word_or_empty(char const* key) const;
  std::uint64_t number(char const* key) const;
  bool has(char const* database) const;
  unsigned handle_of(char const* database) const;
  std::uint64_t count(unsigned database) const;

  std::filesystem::path path_;
  std::unique_ptr<MDB_env, closer> environment_;
  std::unique_ptr<MDB_txn, closer> view_;
  std::uint64_t format_ = 0;
  revision_number revision_ = 0;
  std::string store_id_;
  std::string key_id_;
  std::uint64_t records_ = 0;
};

} // namespace cfgd::store
