#include "cfgctl/targets/file_diff.hpp"

#include "apply/render.hpp"

namespace cfgd::cfgctl {

std::string file_diff(named_text const& before, named_text const& after) {
  auto const changes = apply::unified_diff(before.text, after.text);
  if (changes.empty()) return {};
  return "--- " + before.name + "\n+++ " + after.name + '\n' + changes;
}

} // namespace cfgd::cfgctl
