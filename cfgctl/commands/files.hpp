#pragma once

#include "cfgctl/context.hpp"

#include <boost/json/object.hpp>

#include <string>

/// What `diff` shares with `apply`.
namespace cfgd::cfgctl {

/// Prints what applying a document would change. Returns refused if there is a difference.
exit_code diff_document(context const& all, std::string const& file, bool prune);

/// Prints values before and after, key to value. Returns refused if there are some.
exit_code show_difference(context const& all, boost::json::object const& before,
                          boost::json::object const& after);

} // namespace cfgd::cfgctl
