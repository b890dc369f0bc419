#pragma once

#include "cfgctl/text/screen.hpp"
#include "client/history_types.hpp"

#include <string>
#include <vector>

/// History as text.
namespace cfgd::cfgctl {

/// One change as git-log(1) shows a commit. With values, what it changed is a difference; a key
/// whose value is not there is a secret.
std::string change_text(screen const& where, client::change const& one, client::log_detail detail);

/// A line -key value and a line +key value for each key that differs.
std::string difference_text(screen const& where, boost::json::object const& before,
                            boost::json::object const& after);

/// A table of keys and who gave them their values.
std::string blame_text(screen const& where, std::vector<client::blame_line> const& lines);

} // namespace cfgd::cfgctl
