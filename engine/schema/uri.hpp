#pragma once

#include <optional>
#include <string>
#include <string_view>

/// References between schemas: RFC 3986.
namespace cfgd::schema {

/// Whether a text is a URI reference at all.
bool is_uri_reference(std::string_view text);

/// What `reference` means where the base is `base` (RFC 3986 section 5.2). A base without a scheme
/// will do, and so will one that has no path (urn:uuid:...). The fragment is kept.
std::string resolve_uri(std::string_view base, std::string_view reference);

/// A reference in two: what comes before "#", and the decoded fragment. Absent: bad escapes.
struct split_reference {
  std::string document;
  std::string fragment;
};
std::optional<split_reference> split_fragment(std::string_view reference);

} // namespace cfgd::schema
