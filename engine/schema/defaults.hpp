#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/schema/program.hpp"

#include <boost/json/object.hpp>

namespace cfgd::schema {

/// What the keyword "default" makes of an empty document; each default must fit its own subschema,
/// unless `how` lets it be. Errors: invalid (subject: place of the default), limit
/// ("schema_steps").
[[nodiscard]] result<boost::json::object> collect_defaults(program const& what,
                                                           limits const& bounds, misfits how);

} // namespace cfgd::schema
