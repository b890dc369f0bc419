#pragma once

#include "core/error.hpp"

#include <boost/json/fwd.hpp>
#include <boost/json/storage_ptr.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// Reads and writes JSON (RFC 8259) exactly: integers are int64, other numbers are double and are
/// written in their shortest form. Boost.JSON 1.81 rounds doubles wrongly, accepts 1e999 and
/// duplicate keys, and writes 5E-1; so only its value type and tokenizer are used. Any thread.
namespace cfgd::json {

enum class dialect : std::uint8_t {
  strict,  ///< RFC 8259
  relaxed, ///< with comments and trailing commas (JSONC)
};

/// What becomes of an integer beyond int64.
enum class big_integers : std::uint8_t {
  refuse,
  read_as_double, ///< the nearest double, for the bounds in schemas
};

/// Limits of one text.
struct read_limits {
  std::size_t depth = 64;
  /// Members of objects and elements of arrays, in the whole text.
  std::size_t elements = 100'000;
  big_integers beyond_int64 = big_integers::refuse;
};

/// Parses one JSON value, allocated in `storage`. Null is accepted; the caller decides what it
/// means. Duplicate keys, invalid UTF-8, U+0000, integers beyond int64 and numbers beyond double
/// are errors. Members keep the order of the text. Errors, with the place: parse, bad_value (valid
/// JSON that cannot be stored; subject: the member of the root that contains it), limit.
[[nodiscard]] result<boost::json::value> parse(std::string_view text,
                                               dialect kind = dialect::strict,
                                               read_limits const& limits = {},
                                               boost::json::storage_ptr storage = {});

/// Appends the canonical text of a value: members sorted by their names' bytes, no white space,
/// shortest numbers. Equal values have equal canonical texts. Doubles must be finite.
void append_canonical(std::string& out, boost::json::value const& what);
std::string canonical(boost::json::value const& what);
/// The same of an object, without making a value of it, which would copy it.
std::string canonical(boost::json::object const& what);

/// Like canonical, with members in the order of the value.
void append_compact(std::string& out, boost::json::value const& what);

/// Indented by two spaces, members in the order of the value, no newline at the end.
std::string pretty(boost::json::value const& what);

/// Appends `text` (UTF-8) as a JSON string with its quotes. Escapes ", \, 0x00-0x1F and 0x7F only.
void append_string(std::string& out, std::string_view text);

/// Appends the shortest text that reads back as `number`, always with a fraction or an exponent.
void append_number(std::string& out, double number);

/// Checks that a value can be stored: every string and member name is_clean_text(), and null occurs
/// only as an element of an array or in one. Errors: bad_value (subject: the JSON pointer).
[[nodiscard]] result<void> check_storable(boost::json::value const& what);

} // namespace cfgd::json
