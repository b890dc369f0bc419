#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "store/guarded.hpp"
#include "store/sealing.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

/// Backups of a whole store: made while the daemon writes to it, verified, read, and restored.
/// Blocking, for programs with one thread, because records are read in a forked child. `progressed`
/// is called on the caller's thread, with bytes while copying and records while reading. If root
/// uses them on a state directory of another user, they act as that user, so that no file in it
/// belongs to root.
namespace cfgd::store {

/// The facts about a backup.
struct backup_facts {
  std::uint64_t format = 0; ///< version of the store's format
  revision_number revision = 0;
  std::string store_id; ///< of the store that it was made of
  std::uint64_t records = 0;
  std::uint64_t bytes = 0; ///< size of the file
  /// The id of the key that values are sealed with, which the backup does not have; empty: none is.
  std::string key_id = {};
};

/// Copies the store of the state directory `state`, as it is between two commits, into `to`, mode
/// 0600: an LMDB data file. It is written beside `to`, made durable, read back whole, and renamed.
/// Errors: not_found (no store), invalid (the store is damaged), io.
[[nodiscard]] result<backup_facts> back_up(std::filesystem::path const& state,
                                           std::filesystem::path const& to,
                                           progress_report const& progressed);

/// Reads every record of a backup. Errors: invalid (damaged, truncated, not a store, a newer
/// format), io.
[[nodiscard]] result<backup_facts> verify_backup(std::filesystem::path const& file,
                                                 progress_report const& progressed);

/// The override layer of a backup by namespace, and its facts. Errors: those of verify_backup().
struct backup_overrides {
  backup_facts facts;
  boost::json::object overrides; ///< may hold nulls
};
/// `keys` may be null; sealed overrides are an error then (invalid: the message has the key's id).
[[nodiscard]] result<backup_overrides> read_backup_overrides(std::filesystem::path const& file,
                                                             progress_report const& progressed,
                                                             key_ring const* keys = nullptr);

/// What to restore, and how.
struct restore_question {
  std::filesystem::path state;
  std::filesystem::path file;
  enum class old_store : std::uint8_t { keep, discard };
  old_store old = old_store::keep;
  /// try_it does everything except replacing the store, and leaves nothing behind. Where no lock
  /// file is, it works in the directory for temporary files.
  enum class action : std::uint8_t { restore, try_it };
  action what = action::restore;
  wall_time now{};                   ///< part of the name of the old store that is kept
  std::string kept_as = "data.old."; ///< the other part
  /// A revision that the old store is known to have had, besides what its file says; 0: none.
  revision_number had = 0;
};
struct restored {
  backup_facts facts;
  /// The revision at which the new store goes on. It is above those of the backup and of the old
  /// store; if the latter is not known, it is the next multiple of revision_stride.
  revision_number continues = 0;
  /// Where the old store is kept; empty: there was none, or it was discarded.
  std::filesystem::path old;
};
inline constexpr revision_number revision_stride = 1'000'000;

/// Replaces the store in `state` by a new one with all records of a backup. It goes on at a new
/// revision, so that no cursor or revision that the old store gave away means anything in the new
/// one. The daemon must not run. A crash leaves the old store or the new one. Errors: conflict (the
/// state directory is locked), untrusted, invalid (see verify_backup(); nothing is changed), io.
[[nodiscard]] result<restored> restore_offline(restore_question const& asked,
                                               progress_report const& progressed);

} // namespace cfgd::store
