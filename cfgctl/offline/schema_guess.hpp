#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace cfgd::cfgctl::offline {

/// A JSON Schema, draft 2020-12, that accepts the document, as a first version: types, members (all
/// members of an object are required; of several objects in a list, those that all have), and
/// formats of strings where the format is clear. It has no limits, enumerations or defaults, which
/// cannot be guessed from one document. Members that are null, which remove values of lower layers,
/// are left out.
boost::json::object guess_schema(std::string_view title, boost::json::object const& document);

} // namespace cfgd::cfgctl::offline
