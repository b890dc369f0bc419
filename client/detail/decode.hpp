#pragma once

#include "client/call_error.hpp"
#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>
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

/// One field alone.
[[nodiscard]] result<revision_number> decode_revision(boost::json::object&& from);
[[nodiscard]] result<std::int64_t> decode_count(boost::json::object&& from, std::string_view field);
[[nodiscard]] result<std::string> decode_text(boost::json::object&& from, std::string_view field);
[[nodiscard]] result<std::vector<std::string>> decode_names(boost::json::object&& from,
                                                            std::string_view field);

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

} // namespace cfgd::client::detail
