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

/// The format of a file, which follows from its extension.
enum class format : std::uint8_t { json, jsonc, yaml, toml, ini, env };

std::optional<format> format_of(std::string_view file_name);

/// Whether a file is never a source: a dot file, or a leftover of an editor or a package manager
/// (*~, .#*, #*#, *.swp, *.tmp, *.dpkg-*, *.rpm*).
bool is_leftover(std::string_view file_name);

/// What a file contains. The numbers are in the store's format.
enum class source_kind : std::uint8_t {
  values = 0, ///< values of a namespace, in namespaces/
  schema = 1, ///< the JSON Schema of a namespace, in schemas/; NAME.json, .yaml or .yml
  rules = 2,  ///< rules over namespaces, in rules/; *.toml
  access = 3, ///< who may do what, and locks, in access/; *.toml
};
/// The directory of this kind in each layer: namespaces, schemas, rules, access
std::string_view directory_of(source_kind what);

/// Identifies a source: its kind, its layer and its path below the layer's directory of that kind,
/// "site.yaml" or "site.d/50-uploads.jsonc". The path of a source of the environment is the name of
/// its namespace. Ordered as sources are merged: by kind, layer, namespace, then NAME.EXT before
/// NAME.d/*, each by bytes.
struct source_id {
  layer where = layer::admin;
  std::string relative;
  source_kind what = source_kind::values;

  friend bool operator==(source_id const&, source_id const&) = default;
  friend std::strong_ordering operator<=>(source_id const& left, source_id const& right);
};

/// Whether the name is valid for a source: values need a namespace (see below), other kinds
/// a known extension and no directory. Leftovers are not sources.
bool is_source(source_id const& id);

/// Why the name of a file is not one of a source, for people: "'App' is not the name of a
/// namespace ...". Empty: is_source() accepts it. Leftovers need no reason.
std::string source_name_fault(source_id const& id);

/// The namespace that a source belongs to. Values: NAME.EXT or NAME.d/FILE.EXT with a known
/// extension; of the environment, the path. Schemas: NAME.EXT with a namespace name, others
/// ("_common.json") are only referred to. Rules and access files have none. The view points into
/// `id`.
std::optional<std::string_view> namespace_of(source_id const& id);

/// "admin/site.d/50-uploads.jsonc", "schemas/admin/site.json", "rules/vendor/site.toml"
std::string to_string(source_id const& id);
/// The inverse of to_string(). Absent: not a valid source name.
std::optional<source_id> parse_source_id(std::string_view text);
std::ostream& operator<<(std::ostream& out, source_id const& id);

/// What stat(2) returns, to detect that a file was replaced or written. All zero: no file.
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0; ///< st_mtim
  std::int64_t changed_ns = 0;  ///< st_ctim

  friend bool operator==(file_identity const&, file_identity const&) = default;
};

/// XXH3, 128 bits, big-endian. Detects changed content. It does not protect against forgery, and
/// need not: whoever can write the file decides its content anyway.
using content_hash = std::array<std::uint8_t, 16>;
content_hash hash_content(std::string_view bytes);

} // namespace cfgd
