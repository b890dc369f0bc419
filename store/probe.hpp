#pragma once

#include "core/change.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace cfgd::store {

/// The figures that config_store::probe() collects.
struct probe_report {
  std::chrono::steady_clock::duration written{}; ///< until the record was durable
  std::chrono::steady_clock::duration read{};    ///< of the record, after it was durable
  std::size_t map_bytes = 0;                     ///< size of the map now
  std::size_t file_bytes = 0;                    ///< in use or once in use
  std::size_t live_bytes = 0;                    ///< of the pages with data
  std::size_t maximum_bytes = 0;                 ///< up to which the map grows
  std::size_t dead_readers = 0; ///< processes that died in a transaction; their slots are free now
  revision_number revision = 0;
  /// Time of the newest change that is kept.
  std::optional<wall_time> last_change = {};
  /// Of the newest copy of the store; absent: there is none.
  std::optional<revision_number> copy = {};
  std::string copy_failure = {}; ///< why the last copy could not be written; empty: it was
  /// Why free pages and copies still have values that were not sealed, or with the key before;
  /// empty: they have none. The next start tries again to remove them.
  std::string traces = {};
  std::string damaged = {}; ///< the newest damaged store that is kept; empty: none
};

} // namespace cfgd::store
