#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd {

/// The subschema that governs the member at `path`, as those may see it who may not see secrets:
/// without `default`, `const`, `enum` and `examples` wherever they may say what a secret is. Other
/// keywords stay. `is_secret` tells of a path whether the whole schema calls it a secret. Empty if
/// `text` is no JSON.
std::string
schema_without_secrets(std::string_view text, std::vector<std::string> path,
                       std::function<bool(std::span<std::string const>)> const& is_secret);

} // namespace cfgd
