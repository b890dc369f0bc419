#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace cfgd::cfgctl::offline {

/// A JSON Schema, draft 2020-12, that the document fits, to begin one with: types, members (those
/// of an object are required; of several objects in a list, those that all have), formats of texts
/// that are clearly of one. It has no limits, no choices and no defaults: one document cannot tell
/// them. A member that is null, which in a source removes what lies below, is left out.
boost::json::object guess_schema(std::string_view title, boost::json::object const& document);

} // namespace cfgd::cfgctl::offline
