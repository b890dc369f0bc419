#pragma once

#include "core/error.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace cfgd::cfgctl {

/// KEY=VALUE of a command line, taken apart.
struct assignment {
  std::string key;
  boost::json::value value;
  /// What to tell the user although it is no error; may be empty.
  std::string remark;
};

/// Splits at the first '=' outside the quotes of the dotted key. The value is JSON, or, where it is
/// none, the text itself as a string. The key is not checked further: that is the service's affair.
/// Errors: bad_key (no '=', no key), bad_value (null: a key has a value or is absent).
[[nodiscard]] result<assignment> parse_assignment(std::string_view text);

} // namespace cfgd::cfgctl
