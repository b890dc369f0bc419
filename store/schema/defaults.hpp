#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"
#include "store/schema/program.hpp"

#include <boost/json/object.hpp>

namespace cfgd::schema {

/// What the keyword "default" makes of an empty document, and whether each default fits its own
/// subschema. Errors: invalid (subject: place of the default), limit ("schema_steps").
[[nodiscard]] result<boost::json::object> collect_defaults(program const& what,
                                                           limits const& bounds);

} // namespace cfgd::schema
