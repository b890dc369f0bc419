#include "daemon/fallback.hpp"

#include <set>
#include <string_view>

// A namespace falls back when every file of it is rejected and has never been valid. The last good
// content of a file stays effective and needs no fallback; a file that is rejected beside a valid
// one is reported as a source that is not effective, nothing more.

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
