#pragma once

#include "cfgctl/exit_code.hpp"
#include "client/call_error.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// The report of a failed call: one line that says what failed and why, and perhaps indented lines
/// that say what to do. `what` names the call: "set site.title". Printable on a terminal.
std::string failure_text(std::string_view what, client::call_error const& why);

/// The reason alone, on one line without newline. Printable on a terminal.
std::string failure_line(client::call_error const& why);

/// A failure as the object of --json: kind, message, and key and issues where the service names
/// some. `text` is the report of failure_text() or a message; its first line is the message.
boost::json::object failure_json(std::string_view text, client::call_error const& why);
/// The same for a failure that was found here.
boost::json::object failure_json(std::string_view text, exit_code code);

exit_code exit_code_of(client::call_error const& why);

} // namespace cfgd::cfgctl
