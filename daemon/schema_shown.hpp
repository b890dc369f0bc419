#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd {

/// The subschema `text` of the member at `path`, for callers who may not see secrets: without
/// `default`, `const`, `enum` and `examples` wherever they may reveal a secret. Other keywords
/// stay. `is_secret` returns whether the whole schema marks a path as a secret. Empty if `text` is
/// not JSON. Does no I/O.
std::string
schema_without_secrets(std::string_view text, std::vector<std::string> path,
                       std::function<bool(std::span<std::string const>)> const& is_secret);

} // namespace cfgd
