#pragma once

#include "core/limits.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cfgd::rules {

/// The syntax error of a check in the words of Lua; nullopt: it is a valid expression. Compiles the
/// check without running it, within limits::rule_bytes and rule_instructions. Any thread.
std::optional<std::string> find_syntax_fault(std::string_view check, limits const& bounds);

} // namespace cfgd::rules
