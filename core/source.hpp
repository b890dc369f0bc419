#pragma once

#include "core/error.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cfgd {

/// Where keys may be set, lowest first. The numbers are in the store's format.
enum class layer : std::uint8_t {
  defaults = 0,
  vendor = 1,
  admin = 2,
  runtime = 3,
  environment = 4,
  overrides = 5,
};

/// default, vendor, admin, runtime, environment, override
std::string_view to_string(layer which);
std::optional<layer> parse_layer(std::string_view text);

/// How a file is read, from its extension.
enum class format : std::uint8_t { json, jsonc, yaml, toml, ini, env };

std::optional<format> format_of(std::string_view file_name);

/// Whether a file name is none of a source: dot files and editors' leftovers (*~, .#*, #*#, *.swp,
/// *.tmp, *.dpkg-*, *.rpm*).
bool is_leftover(std::string_view file_name);

/// Names one source for ever: its layer and its path below the layer's directory, "site.yaml" or
/// "site.d/50-uploads.jsonc". The environment's sources are named by their namespace alone.
/// Ordered as they are merged: by layer, namespace, then NAME.EXT before NAME.d/*, each by bytes.
struct source_id {
  layer where = layer::admin;
  std::string relative;

  friend bool operator==(source_id const&, source_id const&) = default;
  friend std::strong_ordering operator<=>(source_id const& left, source_id const& right);
};

/// The namespace that a source belongs to, if its name is one of a source: NAME.EXT or
/// NAME.d/FILE.EXT with a known extension, no leftover. For the environment: the name itself.
std::optional<std::string_view> namespace_of(source_id const& id);

/// "admin/site.d/50-uploads.jsonc"
std::string to_string(source_id const& id);
std::ostream& operator<<(std::ostream& out, source_id const& id);

/// What stat(2) tells to see that a file is another one or was written to. All zero: no file.
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0; ///< st_mtim
  std::int64_t changed_ns = 0;  ///< st_ctim

  friend bool operator==(file_identity const&, file_identity const&) = default;
};

/// XXH3, 128 bits, big-endian. Tells contents apart; it is no protection against forgery, and need
/// not be: who can write the file can say what he likes.
using content_hash = std::array<std::uint8_t, 16>;
content_hash hash_content(std::string_view bytes);

} // namespace cfgd
