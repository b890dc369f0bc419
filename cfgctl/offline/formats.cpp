#include "cfgctl/offline/formats.hpp"

#include "cfgctl/text/value_formats.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "watchers/read_source.hpp"

#include <utility>

// Sources and documents on the command line have one reader, so that a file means the same in both.
// A document of all namespaces may be larger than a source.

namespace cfgd::cfgctl::offline {
namespace {

/// The members by dotted keys, which toml_text() and env_text() want.
boost::json::object by_key(boost::json::object const& document) {
  boost::json::object out;
  for (auto const& member : document) {
    std::string name;
    append_key_part(name, member.key());
    out[name] = member.value();
  }
  return out;
}

std::string text_of(format kind, boost::json::object const& document) {
  switch (kind) {
  case format::yaml:
    return yaml_text(document);
  case format::toml:
    return toml_text(by_key(document));
  case format::ini:
    return ini_text(document);
  case format::env:
    return env_text(by_key(document), variable_reader::source);
  case format::json:
  case format::jsonc:
    break;
  }
  return json::pretty(document) + '\n';
}

} // namespace

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

std::optional<std::string> write_formatted(format kind, boost::json::object const& document) {
  auto text = text_of(kind, document);
  auto const read = read_formatted(kind, text);
  if (!read || *read != document) return {};
  return text;
}

} // namespace cfgd::cfgctl::offline
