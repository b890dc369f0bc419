#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// "uid 1000 (alice)", or "uid 1000" for a user without a name on this machine. `more` follows the
/// name: "uid 1000 (alice, backup.service)".
std::string user_text(std::int64_t uid, std::string_view more = {});

} // namespace cfgd::cfgctl
