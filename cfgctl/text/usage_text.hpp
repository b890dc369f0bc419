#pragma once

#include "cfgctl/text/screen.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace cfgd::cfgctl {

/// A table of who uses what, from the reply of io.cfgd.Service.Usage, with a line about all before
/// it. Members that are missing count as 0.
std::string usage_text(screen const& where, boost::json::object const& reply);

} // namespace cfgd::cfgctl
