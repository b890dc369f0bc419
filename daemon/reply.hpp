#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "daemon/refusal_gate.hpp"
#include "ipc/call.hpp"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

/// How outcomes are said in Varlink: the one place where errors get their wire names.
namespace cfgd {

inline constexpr std::string_view config_interface = "io.cfgd.Config";
inline constexpr std::string_view service_interface = "io.cfgd.Service";

/// Answers a call with the error that its interface has for `why`; InternalError if it has none.
void fail(ipc::responder& answer, std::string_view interface, error const& why);

/// The same for a call that access_policy refused, with a line in the log if `gate` lets it
/// through: who asked for what, and which right was missing.
void refuse(ipc::call const& asked, std::string_view interface, error const& why,
            refusal_gate& gate);

/// The last reply, from a value. For calls where speed does not matter.
void reply(ipc::responder& answer, boost::json::object const& parameters);

/// io.cfgd.Config.Origin
boost::json::object to_json(origin const& from);

/// A list of strings as JSON text.
void append_strings(std::string& out, std::vector<std::string> const& list);

} // namespace cfgd
