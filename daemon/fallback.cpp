#include "daemon/fallback.hpp"

#include <set>
#include <string_view>

// A namespace falls back when each of its files is refused and none was ever good. A file that was
// good once stays in force and needs no fallback; one that is refused beside a good one is told as
// a source that is not in force, and no more.

namespace cfgd {

fallbacks find_fallbacks(std::vector<engine::source_row> const& rows) {
  std::set<std::string_view> named;
  std::set<std::string_view> served;
  std::set<std::string_view> with_schema;
  for (auto const& row : rows) {
    auto const name = namespace_of(row.id);
    if (!name) continue;
    if (row.id.what == source_kind::values) {
      named.insert(*name);
      if (row.is_effective) served.insert(*name);
    } else if (row.is_effective) {
      with_schema.insert(*name);
    }
  }
  fallbacks found;
  for (auto const name : named)
    if (!served.contains(name))
      found.emplace(name, with_schema.contains(name) ? fallback::defaults : fallback::nothing);
  return found;
}

} // namespace cfgd
