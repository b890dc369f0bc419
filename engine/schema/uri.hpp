#pragma once

#include <optional>
#include <string>
#include <string_view>

/// References between schemas: RFC 3986.
namespace cfgd::schema {

/// Whether a text is a valid URI reference.
bool is_uri_reference(std::string_view text);

/// Resolves `reference` against `base` (RFC 3986 section 5.2). The base may have no scheme, or no
/// path (urn:uuid:...). The fragment is kept.
std::string resolve_uri(std::string_view base, std::string_view reference);

/// Splits a reference at "#" and decodes the fragment. nullopt: an escape is not valid.
struct split_reference {
  std::string document;
  std::string fragment;
};
std::optional<split_reference> split_fragment(std::string_view reference);

} // namespace cfgd::schema
