#pragma once

#include "core/error.hpp"

namespace cfgd {

/// Logs why a program cannot start. `code`, the exit code. Library cfgd_command_line.
int report_failed_start(error const& why, int code);

} // namespace cfgd
