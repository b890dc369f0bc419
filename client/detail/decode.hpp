#pragma once

#include "client/call_error.hpp"
#include "client/health_types.hpp"
#include "client/history_types.hpp"
#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// From the parameters of replies to types, and from types to the parameters of calls. No I/O.
/// Every decode function takes what it needs out of `from`, ignores what it does not know, and
/// answers `protocol` if a field that must be there is not or has a wrong type.
namespace cfgd::client::detail {

[[nodiscard]] result<snapshot> decode_snapshot(boost::json::object&& from);
[[nodiscard]] result<explanation> decode_explanation(boost::json::object&& from);
[[nodiscard]] result<commit> decode_commit(boost::json::object&& from);
[[nodiscard]] result<watch_event> decode_watch_event(boost::json::object&& from);
[[nodiscard]] result<service_status> decode_status(boost::json::object&& from);
[[nodiscard]] result<std::vector<source_file>> decode_sources(boost::json::object&& from);
[[nodiscard]] result<cache_stats> decode_cache_stats(boost::json::object&& from);

[[nodiscard]] result<health_report> decode_health(boost::json::object&& from);
[[nodiscard]] result<problem_report> decode_problems(boost::json::object&& from);

[[nodiscard]] result<validation> decode_validation(boost::json::object&& from);
[[nodiscard]] result<std::vector<pending_change>> decode_pending(boost::json::object&& from);
[[nodiscard]] result<edit_outcome> decode_edit_outcome(boost::json::object&& from);

[[nodiscard]] result<change_log> decode_log(boost::json::object&& from);
[[nodiscard]] result<difference> decode_difference(boost::json::object&& from);
[[nodiscard]] result<past_values> decode_past_values(boost::json::object&& from);
[[nodiscard]] result<std::vector<blame_line>> decode_blame(boost::json::object&& from);
[[nodiscard]] result<revision_number> decode_oldest(boost::json::object&& from);

/// One field alone, or none.
[[nodiscard]] result<revision_number> decode_revision(boost::json::object&& from);
[[nodiscard]] result<std::int64_t> decode_count(boost::json::object&& from, std::string_view field);
[[nodiscard]] result<std::string> decode_text(boost::json::object&& from, std::string_view field);
[[nodiscard]] result<std::vector<std::string>> decode_names(boost::json::object&& from,
                                                            std::string_view field);

[[nodiscard]] result<void> decode_nothing(boost::json::object&& from);

/// The issues of an error's parameters; those that make no sense are left out.
[[nodiscard]] std::vector<issue> decode_issues(boost::json::object const& from,
                                               std::string_view field);

// Parameters as the text of a JSON object.

/// The text of an object, members in their order; empty if it has none.
std::string encode_object(boost::json::object const& what);
std::string encode_keys(std::vector<std::string> const& keys);
/// {"name":"text"}; an empty text is left out.
std::string encode_optional(std::string_view name, std::string_view text);
std::string encode_transaction(transaction const& what);

// Parameters as an object.

boost::json::object parameters_of(log_query const& what);
boost::json::object parameters_of(rollback_request const& what);
boost::json::object parameters_of(restore_request const& what);
boost::json::object diff_parameters(revision_number from, std::optional<revision_number> to,
                                    std::string_view prefix);
boost::json::object get_at_parameters(std::vector<std::string> const& keys, revision_number at);
/// `document` may be null.
boost::json::object validate_parameters(std::string_view name_space,
                                        boost::json::object const* document);
boost::json::object revision_parameters(revision_number revision);
boost::json::object extend_parameters(revision_number revision, std::chrono::seconds time);
/// None: all checks.
boost::json::object check_parameters(std::vector<std::string> const& names);
boost::json::object parameters_of(problem_query const& what);
boost::json::object edit_parameters(std::optional<std::chrono::seconds> time);

/// Applies a decode function to a call's reply.
template <class Decode>
auto decoded(result<boost::json::object> reply, Decode decode)
    -> decltype(decode(std::move(*reply))) {
  if (!reply) return std::move(reply).error();
  return decode(std::move(*reply));
}

} // namespace cfgd::client::detail
