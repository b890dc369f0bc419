#pragma once

#include "core/change.hpp"
#include "core/error.hpp"
#include "daemon/visible.hpp"
#include "engine/records.hpp"
#include "ipc/call.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How decisions and errors become replies: the one place where errors get their wire names. Loop
/// thread only.
namespace cfgd {

inline constexpr std::string_view config_interface = "io.cfgd.Config";
inline constexpr std::string_view history_interface = "io.cfgd.History";
inline constexpr std::string_view service_interface = "io.cfgd.Service";

/// Answers a call with the error that its interface has for `why`; InternalError if there is none.
void fail(ipc::responder const& answer, std::string_view interface, error const& why);

/// Answers PermissionDenied, with a line in the log: who called what, and which right is missing.
/// `why` is an access_policy::denial.
void refuse(ipc::call const& asked, error const& why);

/// The error for a revision that no pending change has; io.cfgd.Config answers it as NoSuchPending.
error no_such_pending(std::int64_t revision);

/// Answers InvalidParameter, which names the parameter.
void refuse_parameter(ipc::call const& asked, std::string_view name);

/// The last reply, from a value. For calls where speed does not matter.
void reply(ipc::responder const& answer, boost::json::object const& parameters);

/// The last reply, from ready text: fails with the limit if it is longer than `maximum`.
void reply_within(ipc::responder const& answer, std::string_view interface, std::string const& text,
                  std::size_t maximum);
/// The error of a reply that is too long, in bytes: limit ("reply_bytes").
error too_long(std::size_t used, std::size_t maximum);

/// io.cfgd.Config.Origin as text. `time`: when it was written, if that is known.
void append_origin(std::string& out, origin const& from, std::optional<wall_time> time = {});
/// io.cfgd.History.Origin, which has fewer members: the others are beside it there.
void append_history_origin(std::string& out, origin const& from);

/// Issue, the same in all interfaces.
boost::json::object to_json(issue const& what);
boost::json::array to_json(std::vector<issue> const& all);
/// The issues of an error, or the error itself as the only issue.
std::vector<issue> issues_of(error const& why);

/// Pending, the same in all interfaces. At most 100 keys, and 16 KiB of them.
boost::json::object to_json(engine::pending_change const& what);
boost::json::array to_json(std::vector<engine::pending_change> const& all);

/// A list of Hidden as text, as `interface` has it: io.cfgd.Config or io.cfgd.History.
void append_hidden(std::string& out, engine::hidden_values const& all, std::string_view interface);

/// The keys whose effective value changed.
std::vector<std::string> changed_keys(engine::committed_change const& done);
/// The reply to a change of the override layer: revision, changed, warnings, deadline, hides.
std::string change_reply(engine::committed_change const& done,
                         std::string_view interface = config_interface);
/// Answers a call with change_reply() or its error, when the change is durable; with what
/// `may_read` shows of it. `interface`: of a literal.
std::function<void(engine::decision const&)> answer_change(ipc::responder const& answer,
                                                           std::string_view interface,
                                                           visible_namespaces may_read);

/// `{"name":number}`
std::string one_number(std::string_view name, std::uint64_t number);

/// A list of strings as JSON text.
void append_strings(std::string& out, std::vector<std::string> const& list);

/// `"values":{"key":text}`; `text` is canonical and goes out as it is.
void append_value(std::string& out, std::string_view name, std::string_view text);
/// `"key":text`, with a comma before it where it is not the first of its object.
void append_member(std::string& out, std::string_view name, std::string_view text);

/// The parameters of Get and GetAt while they are put together: values by key, and missing keys.
class values_reply {
 public:
  /// `member`: `"key":value`, as it is sent.
  void add_ready(std::string_view member);
  /// `value`: canonical text.
  void add(std::string_view key_text, std::string_view value) {
    append_member(values_, key_text, value);
  }
  void add_missing(std::string_view key_text);
  std::size_t size_bytes() const { return values_.size() + missing_.size(); }
  /// The whole text, with the revision if one is given. Nothing can be added afterwards.
  std::string finish(std::optional<revision_number> revision = {});

 private:
  std::string values_ = "{\"values\":{";
  std::string missing_;
};

} // namespace cfgd
