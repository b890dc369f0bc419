#pragma once

#include "core/error.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

/// Documents on the command line.
namespace cfgd::cfgctl {

/// Reads the file, or standard input for "-". The format is `format` (json, jsonc, yaml, toml, ini,
/// env), else that of the name's extension, else JSON. The document must be an object.
/// Errors, with the path as subject and the place: io, parse, bad_value, limit.
[[nodiscard]] result<boost::json::object> read_document(std::string const& path,
                                                        std::string_view format = {});

/// A document of several namespaces, {"site": {...}, "seo": {...}}. Errors: as read_document;
/// bad_key (a member is not a valid namespace name), bad_value (a namespace is not an object, or
/// there is a null).
[[nodiscard]] result<boost::json::object> read_namespaces(std::string const& path,
                                                          std::string_view format = {});

/// Errors: bad_value if there is a null in it; the message has the place.
[[nodiscard]] result<void> check_no_null(std::string const& path,
                                         boost::json::object const& document);

/// Values by dotted keys as nested objects: {"a.b": 1} is {"a": {"b": 1}}. What is not a dotted
/// key, such as a[0], keeps its name.
boost::json::object nested_document(boost::json::object const& by_key);

/// The whole text of a file, at most document_limits().file_bytes; "-": standard input.
/// Errors: io, limit.
[[nodiscard]] result<std::string> read_text(std::string const& path);

} // namespace cfgd::cfgctl
