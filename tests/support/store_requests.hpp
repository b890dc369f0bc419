#pragma once

#include "engine/records.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

/// Short ways to say what is asked of a store. Texts must be what they should be: a wrong one
/// throws.
namespace cfgd::test {

boost::json::value to_json(std::string_view text);
key to_key(std::string_view text);

/// "admin/site.yaml", "schemas/admin/site.json"; must name a source.
source_id to_source(std::string_view text);

/// Good content of the source "admin/site.json": the JSON text of an object. The line of the n-th
/// node (depth first, from 0) is n + 1.
engine::source_update good(std::string_view source, std::string_view content);
engine::source_update refused(std::string_view source, std::string_view content,
                              std::string_view why);
engine::source_update blocked(std::string_view source, engine::source_status status);
engine::source_update touched(std::string_view source);
engine::source_update gone(std::string_view source);

engine::request files_changed(std::vector<engine::source_update> updates,
                              engine::grouping how = engine::grouping::one_change);

using key_value = std::pair<std::string_view, std::string_view>;
/// Sets keys to JSON texts, by uid 1000.
engine::set_request set(std::initializer_list<key_value> values);
engine::set_request unset(std::initializer_list<std::string_view> keys);

/// The day the tests stand at, and some milliseconds.
wall_time at(std::int64_t milliseconds = 0);

} // namespace cfgd::test
