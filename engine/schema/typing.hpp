#pragma once

#include "core/document.hpp"
#include "core/limits.hpp"
#include "core/value_path.hpp"
#include "engine/schema/program.hpp"

#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <string_view>

/// The types of values that were written as text (core/untyped.hpp), as a schema asks for them.
///
/// Only subschemas that certainly apply decide: those that `properties`, `patternProperties`,
/// `additionalProperties`, `items`, `$ref` and `allOf` lead to, and the types that all branches of
/// an `anyOf` or `oneOf` leave. So a value is converted only if the schema would reject it as it
/// is.
namespace cfgd::schema {

struct text_rules;

/// See schema::typed.
sourced_document type_document(program const& all, sourced_document const& from,
                               text_rules const& rules, limits const& bounds);
boost::json::value type_value(program const& all, std::span<std::string const> path,
                              boost::json::value const& value, limits const& bounds);
boost::json::value type_value(program const& all, value_path const& which,
                              boost::json::value const& value, limits const& bounds);

/// The types that the subschemas which certainly apply to a member allow.
type_bits find_types(program const& all, std::span<std::string const> path, limits const& bounds);

/// See schema::text_fault; `may_show`: the message may contain the text.
std::string describe_text_fault(type_bits allowed, std::string_view text, bool may_show);

inline constexpr type_bits any_type = types::null | types::boolean | types::integer |
                                      types::number | types::string | types::array | types::object;

} // namespace cfgd::schema
