#include "cfgctl/text/near.hpp"

namespace cfgd::cfgctl {

std::string listed(std::vector<std::string> const& words) {
  std::string out;
  for (std::string const& one : words)
    out += (out.empty() ? "" : ", ") + one;
  return out;
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count).append(1, ' ').append(what).append(count == 1 ? "" : "s");
}

} // namespace cfgd::cfgctl
