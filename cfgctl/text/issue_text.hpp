#pragma once

#include "client/types.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <vector>

/// Issues: what validation found, as text.
namespace cfgd::cfgctl {

/// "path:line:column: error: site.port: must be at least 1 [minimum]"; unknown parts are left out.
std::string issue_text(client::issue const& one);

boost::json::object issue_json(client::issue const& one);

boost::json::array issues_json(std::vector<client::issue> const& what);

/// "/etc/cfgd/namespaces/site.yaml:3:8", without line and column where they are not known.
std::string place_text(std::string const& path, std::optional<std::int64_t> const& line,
                       std::optional<std::int64_t> const& column);

/// Prints each on standard error: "warning: site.port: is privileged [ports]".
void complain_issues(std::vector<client::issue> const& what);

/// Whether one of them is an error, which rejects a change; warnings do not.
bool has_error(std::vector<client::issue> const& what);

} // namespace cfgd::cfgctl
