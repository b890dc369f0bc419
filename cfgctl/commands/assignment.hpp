#pragma once

#include "core/error.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// KEY=VALUE of a command line, parsed.
struct assignment {
  std::string key;
  boost::json::value value;
  /// A warning for the user; may be empty.
  std::string remark;
  /// The remark does not hold if the schema of the key asks for one type.
  bool schema_may_decide = false;
};

/// Where the '=' is that ends the key of KEY=VALUE, outside the key's quotes; npos if there is
/// none.
std::size_t end_of_key(std::string_view text);

/// How the value of an assignment is written.
enum class value_syntax : std::uint8_t {
  text,   ///< JSON of an object, an array or a string in quotes; else as value_of_text()
  json,   ///< JSON; anything else is an error
  string, ///< a string as it is
};

/// Splits at the first '=' outside the quotes of the dotted key. The service validates the key.
/// Errors: bad_key (no '=', no key), bad_value (null: use unset), parse (value_syntax::json).
[[nodiscard]] result<assignment> parse_assignment(std::string_view text,
                                                  value_syntax how = value_syntax::text);

} // namespace cfgd::cfgctl
