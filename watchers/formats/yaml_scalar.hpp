#pragma once

#include "core/error.hpp"
#include "core/json.hpp"

#include <boost/json/fwd.hpp>

#include <string_view>

namespace cfgd::watchers::formats {

/// The value of a plain scalar in the core schema of YAML 1.2.2 (section 10.3.2): null, boolean,
/// integer (decimal, 0o, 0x), float, else a string.
/// Errors: parse without a place, for numbers that JSON or int64 cannot represent.
[[nodiscard]] result<boost::json::value> resolve_plain(std::string_view text,
                                                       json::big_integers beyond_int64);

/// What YAML 1.1 takes a plain scalar for, if readers of 1.1 and 1.2 differ about it in files that
/// people write: a sentence for a note. Empty: it means the same, or the difference is harmless.
std::string_view find_ambiguity(std::string_view text);
/// The same for a name, which is always text in cfgd: the words for booleans only.
std::string_view find_ambiguous_name(std::string_view text);

/// The value of a scalar with an explicit tag. `tag` is in its full form, "tag:yaml.org,2002:int".
/// Errors: parse without a place: unknown tag, or text that does not fit the tag.
[[nodiscard]] result<boost::json::value> resolve_tagged(std::string_view tag, std::string_view text,
                                                        json::big_integers beyond_int64);

} // namespace cfgd::watchers::formats
