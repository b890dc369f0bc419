#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/source.hpp"

#include <boost/json/fwd.hpp>

#include <string>

namespace cfgd::watchers {

/// The text of a document in a format, with a newline at its end: read_source() reads the same
/// values from it. Text is written as programs that have never heard of cfgd expect it: INI without
/// quotes where they are not needed, TOML with tables, strings of YAML quoted if YAML 1.1 or 1.2
/// takes them for something else. .env is written for shells and EnvironmentFile= as well.
/// Any thread.
/// Errors: bad_value (subject: the key of the first value that the format cannot have), limit
/// ("file_bytes", "file_depth", "file_elements").
[[nodiscard]] result<std::string> write_source(format kind, boost::json::object const& document,
                                               limits const& bounds);

/// A value of any type as a YAML document, with a newline at its end.
std::string yaml_text(boost::json::value const& what);

} // namespace cfgd::watchers
