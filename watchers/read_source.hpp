#pragma once

#include "core/document.hpp"
#include "core/limits.hpp"
#include "core/source.hpp"

#include <cstdint>
#include <string_view>

namespace cfgd::watchers {

/// Where null is allowed in a source.
enum class nulls : std::uint8_t {
  of_members, ///< as the value of an object's member only; it removes the key of lower layers
  anywhere,   ///< in lists too, as schemas need it: {"enum": [1, null]}
};

/// Parses the bytes of one source into a document with the place of every value. `bytes` may be any
/// byte sequence; time and memory are bounded by the limits. Does not throw: an exception of a
/// parser library is a parse error. Thread-safe.
/// Errors: parse (with the place), limit ("file_bytes", "file_depth", "file_elements"), bad_value.
[[nodiscard]] result<sourced_document> read_source(format kind, std::string_view bytes,
                                                   limits const& bounds,
                                                   nulls where = nulls::of_members);

/// The same; the format and where null is allowed follow from `file`, which is_source() must
/// accept.
[[nodiscard]] result<sourced_document> read_source(source_id const& file, std::string_view bytes,
                                                   limits const& bounds);

/// The key of a variable of the environment layer: "CFGD_SITE__FEATURE_FLAGS__NEW_CHECKOUT" is
/// site.feature_flags.new_checkout. nullopt if the name has no "__" or is not a valid key.
std::optional<key> key_of_variable(std::string_view name);

/// The value of a variable in .env files and the environment: JSON if it parses as JSON, else a
/// string. Errors: bad_value (U+0000, U+FFFE, U+FFFF, invalid UTF-8), limit.
[[nodiscard]] result<boost::json::value> read_variable(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers
