#pragma once

#include "cfgctl/commands/commands.hpp"

#include <string>
#include <vector>

namespace cfgd::cfgctl {

/// `cfgctl complete -- WORDS...`, for the shells; the help does not list it. It prints what the
/// last word may become: a line for each, with its description behind a tab. Or one line, ":files"
/// or
/// ":directories", which the shell completes. `words` are those behind "--"; they are read when the
/// command line is parsed.
void add_complete_command(declarations const& to, std::vector<std::string> const& words);

} // namespace cfgd::cfgctl
