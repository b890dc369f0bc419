#pragma once

#include <string>
#include <string_view>

namespace cfgd::cfgctl {

struct named_text {
  std::string name;
  std::string_view text;
};

/// What differs, as a unified diff with the names in its header; empty if nothing does.
std::string file_diff(named_text const& before, named_text const& after);

} // namespace cfgd::cfgctl
