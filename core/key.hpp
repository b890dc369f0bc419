#pragma once

#include "core/error.hpp"

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cfgd {

/// [a-z][a-z0-9_-]{0,63}
bool is_namespace_name(std::string_view text);

/// The namespace of a key or prefix in canonical form (key::str()): what is before its first dot. A
/// view into `key_text`, which is not checked.
inline std::string_view namespace_of(std::string_view key_text) {
  return key_text.substr(0, key_text.find('.'));
}

/// The name of a value or a subtree: a namespace and the members below it, written as a TOML
/// dotted key (toml.io v1.0.0, "Keys"): hosts."db.example.org".port. Never empty; the first part
/// is a namespace name. Ordered by the bytes of the parts.
class key {
 public:
  /// Errors: bad_key (subject is the text, message says what is wrong and at which column), limit
  /// ("key_bytes").
  [[nodiscard]] static result<key> parse(std::string_view text);

  /// `parts` must make a valid key.
  explicit key(std::vector<std::string> parts);

  std::string const& name_space() const { return parts_.front(); }
  std::vector<std::string> const& parts() const { return parts_; }
  /// The parts below the namespace. Valid as long as the key.
  std::span<std::string const> path() const { return std::span(parts_).subspan(1); }

  /// The dotted key, quoted where it must be.
  std::string str() const;

  /// Whether `other` is this key or lies below it.
  bool contains(key const& other) const;

  key child(std::string_view part) const;

  friend auto operator<=>(key const&, key const&) = default; // NOLINT(modernize-use-nullptr)
  friend bool operator==(key const&, key const&) = default;

 private:
  std::vector<std::string> parts_;
};

std::ostream& operator<<(std::ostream& out, key const& which);

/// Appends one part of a dotted key, quoted where it must be; a dot before it if `out` is not
/// empty.
void append_key_part(std::string& out, std::string_view part);

/// Splits a dotted key without asking for a namespace name: for section headers and the like.
/// Errors: bad_key as key::parse.
[[nodiscard]] result<std::vector<std::string>> split_dotted(std::string_view text);

} // namespace cfgd
