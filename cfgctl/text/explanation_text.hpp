#pragma once

#include "cfgctl/text/screen.hpp"
#include "client/types.hpp"

#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// Why a key has its value: the value, all layers from the highest with the winner marked, and the
/// schema.
std::string explanation_text(screen const& where, std::string_view key,
                             client::explanation const& what);

/// A schema in short, for people: "integer, minimum 1, maximum 65535".
std::string constraints_text(boost::json::object const& schema);

} // namespace cfgd::cfgctl
