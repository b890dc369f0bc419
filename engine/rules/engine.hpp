#pragma once

#include "core/limits.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cfgd::rules {

/// What is wrong with the text of a check, as Lua says it; none: it is an expression.
std::optional<std::string> find_syntax_fault(std::string_view check, limits const& bounds);

} // namespace cfgd::rules
