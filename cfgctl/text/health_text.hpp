#pragma once

#include "cfgctl/exit_code.hpp"
#include "cfgctl/text/times.hpp"
#include "cfgctl/text/screen.hpp"
#include "client/health_types.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The health of the service as text, for people and for monitoring plugins.
namespace cfgd::cfgctl {

/// How a status is shown.
tint health_color(std::string_view status);

/// The worst of them: critical, warning, unknown, healthy; unknown if there is none.
std::string worst_status(std::vector<client::health_check> const& checks);

/// What a monitoring plugin ends with: 0 healthy, 1 warning, 2 critical, 3 anything else.
exit_code plugin_code(std::string_view status);

/// "CFGD WARNING: files: 1 source is quarantined" on one line, without newline. Behind a bar, which
/// no other text has, come figures for plugins, unless a person reads it.
std::string plugin_line(screen const& where, client::health_report const& what);

/// A plugin's line for what could not be learned.
std::string plugin_unknown(std::string_view why);

/// The line, and a table of the checks.
std::string health_text(screen const& where, client::health_report const& what, wall_time now);

/// A paragraph for each problem, the newest first, and how many there were of each kind.
std::string problems_text(screen const& where, client::problem_report const& what, wall_time now);

} // namespace cfgd::cfgctl
