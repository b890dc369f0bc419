#pragma once

#include "cfgctl/exit_code.hpp"
#include "client/call_error.hpp"

#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// The report of a failed call: one line that says what failed and why, and perhaps indented lines
/// that say what to do. `what` names the call: "set site.title". Printable on a terminal.
std::string failure_text(std::string_view what, client::call_error const& why);

/// The reason alone, on one line without newline. Printable on a terminal.
std::string failure_line(client::call_error const& why);

exit_code exit_code_of(client::call_error const& why);

} // namespace cfgd::cfgctl
