#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "store/guarded.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

/// Copies of a whole store: made while it is written to, verified, read, and put in its place.
/// Blocking, for programs with one thread. Of a state directory that belongs to another user these
/// act, as root, as that user, so that nothing in it comes to belong to root.
namespace cfgd::store {

/// What a backup holds.
struct backup_facts {
  std::uint64_t format = 0;
  revision_number revision = 0;
  std::string store_id;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

/// Copies the store of the state directory `state`, as it is between two commits, into `to`, mode
/// 0600: an LMDB data file. It is written beside `to`, made durable, read back whole, and renamed.
/// Errors: not_found (no store), invalid (the store is damaged), io.
[[nodiscard]] result<backup_facts> back_up(std::filesystem::path const& state,
                                           std::filesystem::path const& to,
                                           progress_report const& progressed);

/// Reads every record of a backup. Errors: invalid (damaged, cut off, no store, a newer format),
/// io.
[[nodiscard]] result<backup_facts> verify_backup(std::filesystem::path const& file,
                                                 progress_report const& progressed);

/// What the override layer is in a backup, by namespace, and the rest as verify_backup.
struct backup_overrides {
  backup_facts facts;
  boost::json::object overrides; ///< may hold nulls
};
[[nodiscard]] result<backup_overrides> read_backup_overrides(std::filesystem::path const& file,
                                                             progress_report const& progressed);

struct restore_question {
  std::filesystem::path state;
  std::filesystem::path file;
  enum class old_store : std::uint8_t { keep, discard };
  old_store old = old_store::keep;
  /// Does all but put the new store in place.
  enum class action : std::uint8_t { restore, try_it };
  action what = action::restore;
  wall_time now{}; ///< names what is kept
};
struct restored {
  backup_facts facts;
  /// Where the store that was there is kept; empty: none was, or it was discarded.
  std::filesystem::path old;
};

/// Puts a new store with all records of a backup in the place of that in `state`, whose daemon must
/// not run. A crash leaves the one or the other.
/// Errors: conflict (the state directory is locked), untrusted, invalid (as verify_backup; nothing
/// is changed), io.
[[nodiscard]] result<restored> restore_offline(restore_question const& asked,
                                               progress_report const& progressed);

} // namespace cfgd::store
