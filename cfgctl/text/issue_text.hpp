#pragma once

#include "client/types.hpp"
#include "core/error.hpp"

#include <string>
#include <vector>

/// Issues: what validation found, as text.
namespace cfgd::cfgctl {

/// "path:line:column: error: site.port: must be at least 1 [minimum]"; unknown parts are left out.
std::string issue_text(client::issue const& one);

/// An issue of the engine as the service would return it, to print it.
client::issue client_issue(issue const& what);

/// "/etc/cfgd/namespaces/site.yaml:3:8", without line and column where they are not known.
std::string place_text(std::string const& path, std::optional<std::int64_t> const& line,
                       std::optional<std::int64_t> const& column);

/// Prints each on standard error: "warning: site.port: is privileged [ports]".
void complain_issues(std::vector<client::issue> const& what);

/// Whether one of them is an error, which rejects a change; warnings do not.
bool has_error(std::vector<client::issue> const& what);

} // namespace cfgd::cfgctl
