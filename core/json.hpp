#pragma once

#include "core/error.hpp"

#include <boost/json/fwd.hpp>
#include <boost/json/storage_ptr.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// JSON text, read and written exactly: RFC 8259, integers are int64, other numbers are double and
/// keep their shortest form. Boost.JSON 1.81 rounds doubles wrongly, lets 1e999 and the last of
/// duplicate keys through and writes 5E-1; so reading and writing are done here, with its value.
namespace cfgd::json {

enum class dialect : std::uint8_t {
  strict,  ///< RFC 8259
  relaxed, ///< with comments and trailing commas (JSONC)
};

/// How much is read at the most. 0 members or elements is never a limit that is hit.
struct read_limits {
  std::size_t depth = 64;
  /// Members of objects and elements of arrays, in all.
  std::size_t elements = 100'000;
};

/// Reads one JSON value. Null is read: what it means is the caller's affair.
/// The value uses `storage`; a duplicate key, invalid UTF-8, U+0000, an integer beyond int64 and a
/// number beyond double are refused. Object members keep the order of the text.
/// Errors, with the place: parse, bad_value (JSON, not kept; subject: the root's member), limit.
[[nodiscard]] result<boost::json::value> parse(std::string_view text,
                                               dialect kind = dialect::strict,
                                               read_limits const& limits = {},
                                               boost::json::storage_ptr storage = {});

/// Appends the canonical text of a value: members sorted by their names' bytes, no white space,
/// shortest numbers. Equal values have equal canonical texts. Doubles must be finite.
void append_canonical(std::string& out, boost::json::value const& what);
std::string canonical(boost::json::value const& what);

/// Like canonical, with members in the order of the value.
void append_compact(std::string& out, boost::json::value const& what);

/// Indented by two spaces, members in the order of the value, no newline at the end.
std::string pretty(boost::json::value const& what);

/// Appends `text` (UTF-8) as a JSON string with its quotes. Escapes ", \, 0x00-0x1F and 0x7F only.
void append_string(std::string& out, std::string_view text);

/// Appends the shortest text that reads back as `number`, always with a fraction or an exponent.
void append_number(std::string& out, double number);

/// Checks that every string and member name is_clean_text and no value is null, as the store
/// wants it. Errors: bad_value, subject is the JSON pointer.
[[nodiscard]] result<void> check_storable(boost::json::value const& what);

} // namespace cfgd::json
