#pragma once

#include "cfgctl/context.hpp"

#include <string>

namespace cfgd::cfgctl {

/// edit KEY: opens the value of a key in an editor and sets what the user changed.
exit_code edit_value(context const& all, std::string const& key, std::string const& comment);

} // namespace cfgd::cfgctl
