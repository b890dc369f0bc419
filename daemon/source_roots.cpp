#include "daemon/source_roots.hpp"

#include <unistd.h>

namespace cfgd {

using watchers::source_watcher;

std::vector<watchers::known_source> known_files(std::vector<engine::source_row> const& rows) {
  std::vector<watchers::known_source> known;
  for (auto const& row : rows) {
    if (row.id.where == layer::environment) continue;
    bool const was_read = row.status == engine::source_status::active ||
                          row.status == engine::source_status::quarantined;
    known.push_back({row.id, was_read ? row.identity : file_identity{}, row.hash});
  }
  return known;
}

source_watcher::options source_roots(file_layout const& where, settings const& how) {
  // Schemas, rules and rights come from packages and the administrator only.
  return {.roots = {{layer::vendor, where.vendor / "namespaces", source_kind::values},
                    {layer::admin, where.admin / "namespaces", source_kind::values},
                    {layer::runtime, where.runtime / "namespaces", source_kind::values},
                    {layer::vendor, where.vendor / "schemas", source_kind::schema},
                    {layer::admin, where.admin / "schemas", source_kind::schema},
                    {layer::vendor, where.vendor / "rules", source_kind::rules},
                    {layer::admin, where.admin / "rules", source_kind::rules},
                    {layer::vendor, where.vendor / "access", source_kind::access},
                    {layer::admin, where.admin / "access", source_kind::access}},
          .quiet = how.quiet,
          .late = how.late,
          .grace = how.grace,
          .emptied = how.emptied,
          .sweep = how.sweep,
          .poll = how.poll,
          .trusted_uid = ::geteuid(),
          .trusted_groups = how.trusted_groups,
          .link_roots = how.link_roots,
          .bounds = how.bounds};
}

} // namespace cfgd
