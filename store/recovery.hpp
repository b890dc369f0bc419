#pragma once

#include "store/config_store.hpp"
#include "store/mending.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace cfgd::store {

/// What became of a damaged store.
struct recovery {
  std::string why; ///< what is wrong with it
  /// It is intact, but older than a copy of it: somebody has put it there. It was kept, and its
  /// content is that of the new one.
  bool is_older = false;
  /// Where it is kept; empty: there was none, although there are copies of it.
  std::filesystem::path kept;
  /// The copy that the new store was made from; absent: no copy is intact, and the new store is
  /// empty.
  std::optional<revision_number> copy;
  revision_number continues = 0; ///< the revision at which the new store goes on
};

struct recovered_store {
  std::unique_ptr<config_store> store;
  std::optional<recovery> recovered;      ///< absent: the store was not replaced
  std::vector<mended_record> mended = {}; ///< records that were damaged in it
};

/// config_store::open() that does not fail on a damaged store. If records alone are damaged, each
/// is mended (store/mending.hpp). Otherwise the store is moved aside as data.damaged.TIME, and a
/// new one is made from the newest intact copy, or an empty one. A store that made the process end
/// while it was read is first read in a child process. A store that is older than its copies goes
/// on above them, as after restore_offline(). Only for processes with one thread. Errors: conflict,
/// io, untrusted, and invalid for a store of a newer format.
[[nodiscard]] result<recovered_store> open_or_recover(std::filesystem::path const& directory,
                                                      limits const& bounds, wall_time now);

/// The damaged stores that are kept in a state directory, newest first.
std::vector<std::filesystem::path> list_damaged(std::filesystem::path const& state);

} // namespace cfgd::store
