#pragma once

#include "cfgctl/context.hpp"
#include "client/history_types.hpp"

#include <string>

/// What `diff` shares with `apply`.
namespace cfgd::cfgctl {

/// Prints what applying a document would change. Returns refused if there is a difference.
exit_code diff_document(context const& all, std::string const& file, bool prune);

/// Prints values before and after, key to value. Returns refused if there are some.
exit_code show_difference(context const& all, client::difference const& what);

} // namespace cfgd::cfgctl
