#pragma once

#include "cfgctl/text/screen.hpp"
#include "client/history_types.hpp"

#include <string>
#include <vector>

/// History as text.
namespace cfgd::cfgctl {

/// One change in the form of git-log(1). With values, the changes are printed as a difference; keys
/// without values are secrets.
std::string change_text(screen const& where, client::change const& one, client::log_detail detail);

/// One change on one line: revision, time, origin, keys, comment.
std::string change_line_text(screen const& where, client::change const& one);

/// A line -key value and a line +key value for each key that differs, or one line for a secret, as
/// many as a key_list has.
std::string difference_text(screen const& where, client::difference const& what);

/// A table of keys and who set them.
std::string blame_text(screen const& where, std::vector<client::blame_line> const& lines);

} // namespace cfgd::cfgctl
