#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "core/limits.hpp"
#include "store/key_place.hpp"
#include "store/lmdb.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

/// Repairing single records of a store whose pages are intact, from what else there is: the copies,
/// the files that are read again anyway, the other records. A store whose pages are damaged is
/// replaced as a whole (store/recovery.hpp).
namespace cfgd::store {

/// What became of one damaged record.
struct mended_record {
  std::string record;          ///< "the overrides of 'site'"
  std::string outcome = {};    ///< "taken from the copy of revision 12"
  bool is_lost = false;        ///< nothing says what was in it
  std::string name_space = {}; ///< empty: it is not of one
  revision_number revision = 0;

  /// One sentence for the log.
  std::string text() const;
};

/// What mend_records() has done, and what is left to config_store::settle(), which has the layers.
struct mending {
  /// Stands for the namespace of a record whose key is damaged.
  static constexpr char const* unknown_name = "?";

  std::vector<mended_record> done = {};
  /// Namespaces whose records were damaged and are absent now.
  std::set<std::string> without_effective = {};
  std::set<std::string> without_overrides = {};
  /// Namespaces whose sources or schema may not be what they were.
  std::set<std::string> doubtful = {};
  /// Namespaces whose effective values have lost overrides, which no layer says.
  std::set<std::string> unmerged = {};

  bool empty() const {
    return done.empty() && without_effective.empty() && without_overrides.empty() &&
           unmerged.empty();
  }
};

/// What is left to settle() as a record of the store, until that has done it. noted_mending()
/// returns an empty one if nothing is; if the record is damaged, one of unknown namespaces.
void note_mending(lmdb::write_transaction& in, mending const& what);
mending noted_mending(lmdb::transaction& in);
void forget_mending(lmdb::write_transaction& in);

/// Replaces or removes every damaged record, but those of the history, in one transaction, which
/// also notes what is left to settle. Records
/// of sources are taken from the newest intact copy; where it has none, or it is a schema, whose
/// file may have got secrets since, the file is read again. The damaged schema's namespace hides
/// its values until then. Forks, to read copies: only for processes with one thread. A record whose
/// key is not here is not damaged. Errors: conflict, io, untrusted, invalid (more than records is
/// damaged; nothing was changed).
[[nodiscard]] result<mending> mend_records(std::filesystem::path const& directory,
                                           limits const& bounds, key_sources const& where);

} // namespace cfgd::store
