#pragma once

#include "core/document.hpp"
#include "core/limits.hpp"
#include "core/source.hpp"

#include <cstdint>
#include <string_view>

namespace cfgd::watchers {

/// Where nulls may stand in a source.
enum class nulls : std::uint8_t {
  of_members, ///< of an object's members only, where they remove what lies below
  anywhere,   ///< in lists too, as schemas need it: {"enum": [1, null]}
};

/// Reads the bytes of one source in its format into what the source says, with the place of every
/// value. Any byte sequence may come; the time taken is bounded by the limits.
/// Errors: parse (with the place), limit ("file_bytes", "file_depth", "file_elements"), bad_value.
[[nodiscard]] result<sourced_document> read_source(format kind, std::string_view bytes,
                                                   limits const& bounds,
                                                   nulls where = nulls::of_members);

/// The same for a file that is_source() knows, which tells its format and where nulls may stand.
[[nodiscard]] result<sourced_document> read_source(source_id const& file, std::string_view bytes,
                                                   limits const& bounds);

/// What one variable of the environment layer says: "CFGD_SITE__FEATURE_FLAGS__NEW_CHECKOUT" is
/// site.feature_flags.new_checkout. Absent if the name has no "__" or makes no key.
std::optional<key> key_of_variable(std::string_view name);

/// A scalar as .env files and the environment write it: JSON where it parses as JSON, else a
/// string. Errors: bad_value (U+0000, invalid UTF-8), limit.
[[nodiscard]] result<boost::json::value> read_variable(std::string_view text, limits const& bounds);

} // namespace cfgd::watchers
