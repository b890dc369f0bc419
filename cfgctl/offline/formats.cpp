#include "cfgctl/offline/formats.hpp"

#include "watchers/read_source.hpp"

#include <exception>
#include <utility>

// Sources and documents on the command line have one reader, so that a file means the same in both.
// A document of all namespaces may be larger than a source.

namespace cfgd::cfgctl::offline {

result<boost::json::object> read_formatted(format kind, std::string_view text) {
  limits bounds;
  bounds.file_bytes = 16 * 1024 * 1024;
  bounds.file_elements = 1'000'000;
  try {
    auto read = watchers::read_source(kind, text, bounds);
    if (!read) return read.error();
    return std::move(read->root);
  } catch (std::exception const& broken) {
    return error{.code = errc::parse, .message = std::string("cannot be read: ") + broken.what()};
  }
}

} // namespace cfgd::cfgctl::offline
