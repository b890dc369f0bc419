#pragma once

#include "cfgctl/text/screen.hpp"
#include "cfgctl/text/times.hpp"
#include "client/health_types.hpp"
#include "client/types.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The state of the service as text.
namespace cfgd::cfgctl {

/// What the service says of itself, for status_text(). The last two may be empty: then it says
/// less.
struct service_state {
  client::service_status status;
  std::vector<client::source_file> sources = {};
  client::health_report health = {};
};

/// The first line says what is wrong, and where; facts follow.
std::string status_text(screen const& where, service_state const& what);

/// Whether a file is not active and ought to be.
bool is_bad(client::source_file const& one);

/// Whether some content of a file is effective, if only the last valid one.
bool is_effective(client::source_file const& one);

/// Whether a namespace has a schema whose defaults are served.
bool has_schema(std::vector<client::source_file> const& sources, std::string_view name_space);

/// "/etc/cfgd/namespaces/site.yaml:3:8: message", of a file that is not active.
std::string trouble_text(client::source_file const& one);

/// A table of the files, and below it what is wrong with them.
std::string sources_text(screen const& where, std::vector<client::source_file> const& what);

/// A table of the pending changes, with the time that is left.
std::string pending_text(screen const& where, std::vector<client::pending_change> const& what,
                         wall_time now);

std::string cache_text(screen const& where, client::cache_stats const& what);

} // namespace cfgd::cfgctl
