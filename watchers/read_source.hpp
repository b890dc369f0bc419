#pragma once

#include "core/document.hpp"
#include "core/limits.hpp"
#include "core/source.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd::watchers {

/// What a text is read for. It decides what a format leaves open.
enum class reading : std::uint8_t {
  document, ///< by itself
  values,   ///< as a source of a namespace: a key that an .ini file repeats is an array, and the
            ///< engine rejects it unless the schema asks for an array
  schema,   ///< integers beyond int64 are read as doubles: they are bounds, not values
};

/// Parses the bytes of one source into a document with the place of every value. `bytes` may be any
/// byte sequence; time and memory are bounded by the limits. Does not throw: an exception of a
/// parser library is a parse error. Thread-safe.
/// Errors: parse (with the place), limit ("file_bytes", "file_depth", "file_elements"), bad_value.
[[nodiscard]] result<sourced_document> read_source(format kind, std::string_view bytes,
                                                   limits const& bounds,
                                                   reading purpose = reading::document);

/// The same; format and purpose follow from `file`, which is_source() must accept.
[[nodiscard]] result<sourced_document> read_source(source_id const& file, std::string_view bytes,
                                                   limits const& bounds);

/// The key of a variable of the environment layer: "CFGD_SITE__FEATURE_FLAGS__NEW_CHECKOUT" is
/// site.feature_flags.new_checkout. nullopt if the name has no "__" or is not a valid key.
std::optional<key> key_of_variable(std::string_view name);

/// The value of a variable in .env files and the environment: the JSON of an object, an array or a
/// string in quotes; any other text is read by value_of_text() of core/untyped.hpp.
/// Errors: bad_value (U+0000, U+FFFE, U+FFFF, invalid UTF-8), limit.
[[nodiscard]] result<boost::json::value> read_variable(std::string_view text, limits const& bounds);

/// A remark about a text without a type that is kept as a string: a number that does not fit int64
/// or double. Empty: there is nothing to say.
std::string remark_on_text(std::string_view text);

} // namespace cfgd::watchers
