#pragma once

#include "core/limits.hpp"
#include "store/key_place.hpp"
#include "store/layout.hpp"
#include "store/lmdb.hpp"
#include "store/snapshot.hpp"
#include "store/state_directory.hpp"

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cfgd::store {

/// The LMDB environment of a store: created, checked, opened, closed after a failure and opened
/// again, and grown. Has the lock of its directory until it is destroyed. Used by one thread.
class store_file {
 public:
  /// The files were removed, replaced or truncated while they were in use.
  class lost_store : public lmdb_error {
   public:
    explicit lost_store(std::string const& message);
  };

  /// Errors: those of config_store::open().
  [[nodiscard]] static result<store_file> open(std::filesystem::path const& directory,
                                               limits const& bounds, key_sources const& where);
  store_file(store_file&&) noexcept = default;
  ~store_file() {
    if (shared_) close();
  }
  store_file& operator=(store_file&&) = delete;

  /// The environment, opened if it is closed. Throws lmdb_error, and lost_store if the names of the
  /// files do not lead to them any more.
  lmdb::environment& environment();
  /// Call it after a commit, before it is reported: throws lost_store if the commit went to
  /// files that no name leads to.
  void check_names();
  /// The store that is there cannot be used: it is lost.
  void mark_lost(std::string const& why);
  /// The same, and throws lost_store.
  [[noreturn]] void give_up(std::string const& why);
  /// LMDB reports a full file system as an I/O error: what to add to its message, or "".
  std::string describe_space(lmdb_error const& failure) const;
  /// Whether lost_store was thrown, and rebuild() has not succeeded since. All calls throw it then.
  bool is_lost() const { return !lost_.empty(); }
  /// Puts a store that `make` writes into an empty directory in the place of the lost one. A store
  /// of somebody else that is there now is kept as data.replaced.TIME. Errors: those of
  /// state_directory::open(). Throws lmdb_error.
  [[nodiscard]] result<void>
  rebuild(std::function<void(std::filesystem::path const& empty)> const& make, wall_time now);

  /// Replaces the file by a copy of it without free pages, in which erased and replaced values
  /// would be left. No transaction may be open. Errors: io. Throws lmdb_error; nothing is changed
  /// then.
  [[nodiscard]] result<void> compact(wall_time now);

  /// The keys of the store; never null.
  std::shared_ptr<key_ring> const& keys() const { return keys_; }
  /// Whether the key is a credential of the service, not a file in the state directory.
  bool has_key_credential() const { return has_key_credential_; }

  /// Writes an empty store into an empty directory; with a revision, see layout::continue_at().
  static void make_store(std::filesystem::path const& empty, revision_number continues);

  /// Why a store cannot be opened: untrusted (sealed with a key that is not here, which is no
  /// damage: it must not be replaced), invalid (damaged), io.
  static error opening_error(lmdb_error const& failure, std::filesystem::path const& directory);
  /// Valid while the environment is open.
  layout const& records() const { return *records_; }
  /// Call it after any failure except a full map: LMDB may fail all calls until it is opened again.
  void close();
  /// For readers on other threads.
  std::shared_ptr<shared_environment> const& shared() const { return shared_; }

  enum class purpose : std::uint8_t {
    any,
    erasing, ///< may use the reserve, so that a full store can still erase
    sealing, ///< may exceed the limit once: rewrites all records, and compact() follows
  };
  /// Doubles the map, up to the limit for this purpose; returns whether it grew. No transaction may
  /// be open.
  bool grow(purpose what);

  std::filesystem::path const& data_file() const { return place_.data_file(); }
  std::filesystem::path const& directory() const { return place_.path(); }

 private:
  store_file(state_directory&& place, limits const& bounds);
  std::size_t map_limit(purpose what) const;
  std::size_t first_map_bytes() const;

  struct identity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t bytes = 0; ///< LMDB never shortens its file
  };
  [[nodiscard]] result<identity> identify() const;
  std::string find_loss();
  [[nodiscard]] result<void> lock_again();
  [[nodiscard]] result<void> take_keys(key_sources const& where);
  [[nodiscard]] result<void> check_keys(lmdb::environment& opened);
  error lacks_key(std::string const& wanted) const;

  state_directory place_;
  std::shared_ptr<key_ring> keys_;
  std::shared_ptr<sealer const> other_key_; ///< found at the start; may be null
  bool has_key_credential_ = false;
  std::filesystem::path key_place_;
  std::optional<identity> known_; ///< of the data file; absent until it was opened once
  std::string lost_;              ///< why the store is lost
  std::size_t maximum_bytes_;
  std::shared_ptr<shared_environment> shared_ = std::make_shared<shared_environment>();
  std::unique_ptr<lmdb::environment> environment_;
  std::optional<layout> records_;
};

} // namespace cfgd::store
