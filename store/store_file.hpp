#pragma once

#include "core/limits.hpp"
#include "store/layout.hpp"
#include "store/lmdb.hpp"
#include "store/state_directory.hpp"

#include <filesystem>
#include <optional>

namespace cfgd::store {

/// The LMDB environment of a store: created, checked, opened, closed after a failure and opened
/// again, and grown. Has the lock of its directory until it is destroyed. Used by one thread.
class store_file {
 public:
  /// Errors: those of config_store::open().
  [[nodiscard]] static result<store_file> open(std::filesystem::path const& directory,
                                               limits const& bounds);
  store_file(store_file&&) noexcept = default;
  store_file& operator=(store_file&&) = delete;

  /// The environment, opened if it is closed. Throws lmdb_error.
  lmdb::environment& environment();
  /// Valid while the environment is open.
  layout const& records() const { return *records_; }
  /// Call it after any failure except a full map: LMDB may fail all calls until it is opened again.
  void close() { environment_.reset(); }

  enum class purpose : std::uint8_t {
    any,
    erasing, ///< may use the reserve, so that a full store can still erase
  };
  /// Doubles the map, up to the limit for this purpose; returns whether it grew. No transaction may
  /// be open.
  bool grow(purpose what);

  std::filesystem::path data_file() const { return place_.data_file(); }

 private:
  store_file(state_directory&& place, limits const& bounds);
  std::size_t map_limit(purpose what) const;
  std::size_t first_map_bytes() const;

  state_directory place_;
  std::size_t maximum_bytes_;
  std::unique_ptr<lmdb::environment> environment_;
  std::optional<layout> records_;
};

} // namespace cfgd::store
