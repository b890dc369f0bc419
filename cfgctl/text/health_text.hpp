#pragma once

#include "cfgctl/exit_code.hpp"
#include "cfgctl/text/screen.hpp"
#include "cfgctl/text/times.hpp"
#include "client/health_types.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The health of the service as text, for people and for monitoring plugins.
namespace cfgd::cfgctl {

/// The colour of a status.
tint health_color(std::string_view status);

/// The worst status: critical, warning, unknown, healthy. Unknown if there are no checks.
std::string worst_status(std::vector<client::health_check> const& checks);

/// The exit code of a monitoring plugin: 0 healthy, 1 warning, 2 critical, 3 anything else.
exit_code plugin_code(std::string_view status);

/// "CFGD WARNING: files: 1 source is quarantined" on one line, without newline. Unless it
/// is for a terminal, figures for plugins follow after a bar.
std::string plugin_line(screen const& where, client::health_report const& what);

/// The plugin's line if the health is unknown.
std::string plugin_unknown(std::string_view why);

/// The line, and a table of the checks.
std::string health_text(screen const& where, client::health_report const& what, wall_time now);

/// A paragraph for each problem, the newest first, and the number of each kind.
std::string problems_text(screen const& where, client::problem_report const& what, wall_time now);

} // namespace cfgd::cfgctl
