#pragma once

#include "core/change.hpp"
#include "core/key.hpp"
#include "core/limits.hpp"
#include "core/value_path.hpp"
#include "engine/records.hpp"
#include "ipc/call.hpp"

#include <boost/json/fwd.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Parameters of calls as the daemon's own types. What is declared was checked before: it is there
/// where it must be, and has its type.
namespace cfgd {

/// Empty if absent.
std::vector<std::string> strings_of(boost::json::object const& parameters, std::string_view name);
std::optional<std::string> string_of(boost::json::object const& parameters, std::string_view name);
std::optional<std::int64_t> integer_of(boost::json::object const& parameters,
                                       std::string_view name);
/// A number below zero becomes a revision that never will be.
std::optional<revision_number> revision_of(boost::json::object const& parameters,
                                           std::string_view name);
/// Answers with InvalidParameter if one of the numbers `names` is below zero; whether it did.
bool refuse_negative(ipc::call const& asked, std::initializer_list<std::string_view> names);
/// False if absent.
bool flag_of(boost::json::object const& parameters, std::string_view name);

/// Errors: as key::parse.
[[nodiscard]] result<std::vector<key>> parse_keys(std::vector<std::string> const& texts);
/// The same for keys that may have indexes. Errors: as parse_value_path.
[[nodiscard]] result<std::vector<value_path>> parse_paths(std::vector<std::string> const& texts);
/// The error for a text that is not a namespace's name: bad_key.
error bad_namespace(std::string_view text);
/// The namespaces of keys.
std::set<std::string> namespaces_of(std::vector<value_path> const& keys);

/// The time until a change expires or an edit ends. Errors: bad_value (subject: `name`; not greater
/// than zero), limit ("pending_change_time", in seconds).
[[nodiscard]] result<std::chrono::seconds>
check_seconds(std::int64_t seconds, std::string_view name, limits const& bounds);
/// When a pending change ends, from confirmSeconds, expireSeconds and untilApplied. Errors:
/// bad_value (of the first two both are there, or untilApplied is alone), and as check_seconds.
[[nodiscard]] result<std::optional<engine::expiry>>
read_expiry(boost::json::object const& parameters, limits const& bounds);

/// Who calls, as the writer of a change.
origin writer_of(ipc::peer const& who);

} // namespace cfgd
