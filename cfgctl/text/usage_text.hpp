#pragma once

#include "cfgctl/text/screen.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace cfgd::cfgctl {

/// A table of who uses what, from the reply of io.cfgd.Service.Usage, with a line about all before
/// it. Members that are missing count as 0.
std::string usage_text(screen const& where, boost::json::object const& reply);

/// The first users of the same reply, `most` at most, each in one line: "uid 1000 (anna): 5
/// connections, 3 MiB, 12 refused, paused".
std::vector<std::string> user_lines(boost::json::object const& reply, std::size_t most);

} // namespace cfgd::cfgctl
