#pragma once

#include "core/limits.hpp"
#include "engine/schema/program.hpp"
#include "engine/schema/schema.hpp"

#include <cstdint>
#include <functional>

namespace cfgd::schema {

/// See schema::stays_valid.
bool stays_valid(program const& all, member_change const& what, limits const& bounds,
                 std::uint64_t& steps, std::function<void()> const& check);

} // namespace cfgd::schema
