#pragma once

#include "core/key.hpp"

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <string_view>

/// Readers for texts in records of the store. Limits on requests and files do not apply to them:
/// they were checked when the content was accepted. Any thread.
namespace cfgd::engine {

/// Parses a key. Unlike key::parse() it accepts any length: members of files may be nested deeper,
/// or have longer names, than requests may. Errors: bad_key.
[[nodiscard]] result<key> parse_stored_key(std::string_view text);

/// Parses a JSON value that was written by json::canonical() or json::append_compact(). Errors:
/// parse, bad_value, and limit if it is nested deeper than 1024.
[[nodiscard]] result<boost::json::value> parse_stored_value(std::string_view text,
                                                            boost::json::storage_ptr storage = {});

} // namespace cfgd::engine
