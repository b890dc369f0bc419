#pragma once

#include "core/error.hpp"
#include "core/source.hpp"

#include <boost/json/object.hpp>

#include <string_view>

/// The formats of sources, for documents that a user gives.
namespace cfgd::cfgctl::offline {

/// Reads a document as a source of that format is read; larger ones are taken.
/// Errors: as watchers::read_source.
[[nodiscard]] result<boost::json::object> read_formatted(format kind, std::string_view text);

} // namespace cfgd::cfgctl::offline
