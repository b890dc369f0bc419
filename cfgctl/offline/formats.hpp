#pragma once

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/source.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

/// The formats of sources, for documents on the command line.
namespace cfgd::cfgctl::offline {

/// The limits of one document: those of a source, but 16 MiB and a million elements, because a
/// document may have all namespaces.
limits document_limits();

/// Reads a document like a source of that format, within document_limits().
/// Errors: as watchers::read_source.
[[nodiscard]] result<boost::json::object> read_formatted(format kind, std::string_view text);

/// The text of a document in that format, from which the same values are read.
/// Errors: as watchers::write_source.
[[nodiscard]] result<std::string> write_formatted(format kind, boost::json::object const& document);

/// A value of any type as a YAML document, with a newline at its end.
std::string yaml_text(boost::json::value const& what);

} // namespace cfgd::cfgctl::offline
