#pragma once

#include "cfgctl/context.hpp"

#include <string>

namespace cfgd::cfgctl {

struct edit_options {
  std::string key;
  std::string comment;
  std::string format = "json"; ///< or yaml, for objects
};

/// edit KEY: opens the value of a key in an editor and sets what the user changed.
exit_code edit_value(context const& all, edit_options const& asked);

} // namespace cfgd::cfgctl
