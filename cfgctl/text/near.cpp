#include "cfgctl/text/near.hpp"

namespace cfgd::cfgctl {

std::string listed(std::vector<std::string> const& words) {
  std::string out;
  for (std::string const& one : words)
    out += (out.empty() ? "" : ", ") + one;
  return out;
}

} // namespace cfgd::cfgctl
