#pragma once

#include "cfgctl/text/screen.hpp"
#include "cfgctl/text/times.hpp"
#include "client/types.hpp"

#include <string>
#include <vector>

/// The state of the service as text.
namespace cfgd::cfgctl {

std::string status_text(screen const& where, client::service_status const& what);

/// A table of the files, and below it what is wrong with them.
std::string sources_text(screen const& where, std::vector<client::source_file> const& what);

/// A table of the pending changes, with the time that is left.
std::string pending_text(screen const& where, std::vector<client::pending_change> const& what,
                         wall_time now);

std::string cache_text(screen const& where, client::cache_stats const& what);

} // namespace cfgd::cfgctl
