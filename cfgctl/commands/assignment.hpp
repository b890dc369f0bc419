#pragma once

#include "core/error.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// KEY=VALUE of a command line, parsed.
struct assignment {
  std::string key;
  boost::json::value value;
  /// A warning for the user; may be empty.
  std::string remark;
};

/// Splits at the first '=' outside the quotes of the dotted key. The value is JSON; a text that is
/// not valid JSON is a string. The service validates the key. Errors: bad_key (no '=', no key),
/// bad_value (null: use unset).
[[nodiscard]] result<assignment> parse_assignment(std::string_view text);

} // namespace cfgd::cfgctl
