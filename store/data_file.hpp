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

/// A store's data.mdb by itself, as a backup is one: opened for reading, without locks, and never
/// changed. Nobody may write to it meanwhile. Reading a damaged one may end the process (see
/// run_guarded). Functions throw lmdb_error, and damaged_record.
class data_file {
 public:
  /// Errors: invalid (no store, cut off, a newer format), io.
  [[nodiscard]] static result<data_file> open(std::filesystem::path const& path);

  std::uint64_t format() const { return format_; }
  revision_number revision() const { return revision_; }
  std::string const& store_id() const { return store_id_; }
  /// Those that are there.
  std::vector<char const*> databases() const;
  /// Records in all.
  std::uint64_t records() const { return records_; }

  /// Shows every record of every database, in key order, after its check sum was found right.
  void
  for_each(std::function<void(char const* database, lmdb::entry const& record)> const& visit) const;
  /// The same of one database, which must be there.
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
  std::uint64_t records_ = 0;
};

} // namespace cfgd::store
