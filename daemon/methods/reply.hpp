#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "ipc/call.hpp"
#include "engine/records.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How outcomes are said in Varlink: the one place where errors get their wire names.
namespace cfgd {

inline constexpr std::string_view config_interface = "io.cfgd.Config";
inline constexpr std::string_view history_interface = "io.cfgd.History";
inline constexpr std::string_view service_interface = "io.cfgd.Service";

/// Answers a call with the error that its interface has for `why`; InternalError if it has none.
void fail(ipc::responder& answer, std::string_view interface, error const& why);

/// The same for a call that access_policy refused, with a line in the log: who asked for what, and
/// which right was missing.
void refuse(ipc::call const& asked, std::string_view interface, error const& why);

/// The last reply, from a value. For calls where speed does not matter.
void reply(ipc::responder& answer, boost::json::object const& parameters);

/// Replies that are put together from ready texts: fails with the limit if it is too long.
void reply_within(ipc::responder& answer, std::string_view interface, std::string const& text,
                  std::size_t maximum);
error too_long(std::size_t used, std::size_t maximum);

/// io.cfgd.Config.Origin. `time`: when it was written, if that is known.
boost::json::object to_json(origin const& from, std::optional<wall_time> time = {});
/// io.cfgd.History.Origin, which tells less: what else is known stands beside it there.
boost::json::object to_history_json(origin const& from);

/// Issue, the same in all interfaces.
boost::json::object to_json(issue const& what);
boost::json::array to_json(std::vector<issue> const& all);
/// All that an error says: its issues, or itself as the only one.
std::vector<issue> issues_of(error const& why);

/// Pending, the same in all interfaces.
boost::json::object to_json(engine::pending_change const& what);

/// The keys whose effective value changed.
std::vector<std::string> changed_keys(engine::committed_change const& done);
/// What a change of the override layer is answered with: revision, changed, warnings, deadline.
std::string change_reply(engine::committed_change const& done);

/// A list of strings as JSON text.
void append_strings(std::string& out, std::vector<std::string> const& list);

/// `"values":{"key":text}`; `text` is canonical and goes out as it is.
void append_value(std::string& out, std::string_view name, std::string_view text);
/// `"key":text`, with a comma before it where it is not the first of its object.
void append_member(std::string& out, std::string_view name, std::string_view text);

} // namespace cfgd
