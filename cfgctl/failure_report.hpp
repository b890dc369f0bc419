#pragma once

#include "client/call_error.hpp"
#include "cfgctl/exit_code.hpp"

#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// What is told about a failed call: one line that says what failed and why, and perhaps indented
/// lines with what can be done. `what` is what was being done: "set site.title". Safe to print.
std::string failure_text(std::string_view what, client::call_error const& why);

/// Why alone, on one line without newline. Safe to print.
std::string failure_line(client::call_error const& why);

exit_code exit_code_of(client::call_error const& why);

} // namespace cfgd::cfgctl
