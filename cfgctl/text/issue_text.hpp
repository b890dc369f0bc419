#pragma once

#include "client/types.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

/// What schemas and rules say, as text.
namespace cfgd::cfgctl {

/// "path:line:column: error: site.port: must be at least 1 [minimum]", without what is not known.
std::string issue_text(client::issue const& one);

boost::json::object issue_json(client::issue const& one);

/// Tells each on standard error: "warning: site.port: is privileged [ports]".
void tell_issues(std::vector<client::issue> const& what);

/// Whether one of them refuses.
bool has_error(std::vector<client::issue> const& what);

} // namespace cfgd::cfgctl
