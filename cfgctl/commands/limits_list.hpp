#pragma once

#include "cfgctl/text/screen.hpp"
#include "core/limits.hpp"

#include <boost/json/value.hpp>

#include <string>

/// Every limit of the service with its value and its description.
namespace cfgd::cfgctl {

/// A table.
std::string limits_text(screen const& where, limits const& from);

/// {"limits": [{"name": "file_bytes", "value": 4194304, "unit": "bytes", "meaning": "..."}, ...]}
boost::json::value limits_json(limits const& from);

} // namespace cfgd::cfgctl
