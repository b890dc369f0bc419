#pragma once

#include "client/call_error.hpp"
#include "client/health_types.hpp"
#include "client/history_types.hpp"
#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// For programs of this tree that print replies as they came or as text: decoding a reply that was
/// got with call(), and the parameters of some calls. Errors: protocol.
namespace cfgd::client::detail {

[[nodiscard]] result<explanation> decode_explanation(boost::json::object&& from);
[[nodiscard]] result<service_status> decode_status(boost::json::object&& from);
[[nodiscard]] result<std::vector<source_file>> decode_sources(boost::json::object&& from);
[[nodiscard]] result<cache_stats> decode_cache_stats(boost::json::object&& from);
[[nodiscard]] result<health_report> decode_health(boost::json::object&& from);
[[nodiscard]] result<problem_report> decode_problems(boost::json::object&& from);
[[nodiscard]] result<std::vector<pending_change>> decode_pending(boost::json::object&& from);
[[nodiscard]] result<change_log> decode_log(boost::json::object&& from);
[[nodiscard]] result<std::vector<blame_line>> decode_blame(boost::json::object&& from);
[[nodiscard]] result<revision_number> decode_oldest(boost::json::object&& from);
[[nodiscard]] result<revision_number> decode_revision(boost::json::object&& from);

/// One field alone.
[[nodiscard]] result<std::int64_t> decode_count(boost::json::object&& from, std::string_view field);
[[nodiscard]] result<std::string> decode_text(boost::json::object&& from, std::string_view field);
[[nodiscard]] result<std::vector<std::string>> decode_names(boost::json::object&& from,
                                                            std::string_view field);

/// The issues of an error's parameters; malformed ones are left out.
[[nodiscard]] std::vector<issue> decode_issues(boost::json::object const& from,
                                               std::string_view field);

boost::json::object parameters_of(log_query const& what);
boost::json::object parameters_of(problem_query const& what);
boost::json::object revision_parameters(revision_number revision);
boost::json::object extend_parameters(revision_number revision, std::chrono::seconds time);
/// No names: all checks.
boost::json::object check_parameters(std::vector<std::string> const& names);

} // namespace cfgd::client::detail
