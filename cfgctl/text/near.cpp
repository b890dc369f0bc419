#include "cfgctl/text/near.hpp"

namespace cfgd::cfgctl {

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count).append(1, ' ').append(what).append(count == 1 ? "" : "s");
}

} // namespace cfgd::cfgctl
