#include "cfgctl/offline/formats.hpp"

#include "watchers/read_source.hpp"
#include "watchers/write_source.hpp"

#include <utility>

// Sources and documents on the command line have one reader, so that a file means the same in both.
// A document of all namespaces may be larger than a source.

namespace cfgd::cfgctl::offline {

limits document_limits() {
  limits bounds;
  bounds.file_bytes = 16 * 1024 * 1024;
  bounds.file_elements = 1'000'000;
  return bounds;
}

result<boost::json::object> read_formatted(format kind, std::string_view text) {
  auto read = watchers::read_source(kind, text, document_limits());
  if (!read) return read.error();
  return std::move(read->root);
}

result<std::string> write_formatted(format kind, boost::json::object const& document) {
  return watchers::write_source(kind, document, document_limits());
}

std::string yaml_text(boost::json::value const& what) { return watchers::yaml_text(what); }

} // namespace cfgd::cfgctl::offline
