#pragma once

#include "apply/render.hpp"
#include "client/call_error.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace cfgd::apply {

/// Reads the values of keys, and which of them are secret; all of one revision. A key without a
/// value, also of a namespace that does not exist, is absent. Without keys nothing but the revision
/// is read. Blocks for up to `limit` for each of a few calls. Errors: as client::connection.
[[nodiscard]] client::result<setting_values> read_values(std::string const& socket,
                                                         std::vector<std::string> const& keys,
                                                         std::chrono::milliseconds limit);

} // namespace cfgd::apply
