#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/schema/program.hpp"

#include <boost/json/object.hpp>

namespace cfgd::schema {

/// The document that the keywords "default" make of an empty one. Each default must match its own
/// subschema unless `how` is let_be. Errors: invalid (subject: place of the default), limit
/// ("schema_steps").
[[nodiscard]] result<boost::json::object> collect_defaults(program const& what,
                                                           limits const& bounds, misfits how);

} // namespace cfgd::schema
