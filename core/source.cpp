#include "core/source.hpp"

#include "core/key.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <ostream>
#include <tuple>
#include <utility>

namespace cfgd {
namespace {

constexpr std::array<std::string_view, 6> layer_names{"default", "vendor",      "admin",
                                                      "runtime", "environment", "override"};

constexpr std::array<std::string_view, 4> kind_directories{"namespaces", "schemas", "rules",
                                                           "access"};

bool has_extension(std::string_view file, source_kind what) {
  if (is_leftover(file) || file.find('/') != file.npos) return false;
  auto const kind = format_of(file);
  if (what == source_kind::rules || what == source_kind::access) return kind == format::toml;
  return kind == format::json || kind == format::yaml;
}

/// "site.d/x.yaml" -> {"site", "x.yaml"}; "site.yaml" -> {"site", ""}; the namespace is not
/// checked.
std::pair<std::string_view, std::string_view> split_relative(std::string_view relative) {
  auto const slash = relative.find('/');
  if (slash == relative.npos) return {relative.substr(0, relative.rfind('.')), {}};
  std::string_view directory = relative.substr(0, slash);
  if (directory.ends_with(".d")) directory.remove_suffix(2);
  return {directory, relative.substr(slash + 1)};
}

} // namespace

std::string_view to_string(layer which) { return layer_names.at(static_cast<std::size_t>(which)); }

std::optional<layer> parse_layer(std::string_view text) {
  auto const* const found = std::find(layer_names.begin(), layer_names.end(), text);
  if (found == layer_names.end()) return std::nullopt;
  return static_cast<layer>(found - layer_names.begin());
}

std::optional<format> format_of(std::string_view file_name) {
  static constexpr std::array<std::pair<std::string_view, format>, 7> formats{
      {{".json", format::json},
       {".jsonc", format::jsonc},
       {".yaml", format::yaml},
       {".yml", format::yaml},
       {".toml", format::toml},
       {".ini", format::ini},
       {".env", format::env}}};
  for (auto const& [extension, kind] : formats) {
    if (file_name.size() > extension.size() && file_name.ends_with(extension)) return kind;
  }
  return std::nullopt;
}

bool is_leftover(std::string_view file_name) {
  if (file_name.empty() || file_name.front() == '.' || file_name.back() == '~') return true;
  if (file_name.front() == '#' && file_name.back() == '#') return true;
  if (file_name.ends_with(".swp") || file_name.ends_with(".tmp")) return true;
  return file_name.find(".dpkg-") != file_name.npos || file_name.find(".rpm") != file_name.npos;
}

std::string_view directory_of(source_kind what) {
  return kind_directories.at(static_cast<std::size_t>(what));
}

bool is_source(source_id const& id) {
  if (id.what == source_kind::values) return namespace_of(id).has_value();
  return has_extension(id.relative, id.what);
}

std::string source_name_fault(source_id const& id) {
  if (is_source(id)) return {};
  auto const slash = id.relative.find('/');
  auto const file = slash == id.relative.npos ? id.relative : id.relative.substr(slash + 1);
  std::string const name(split_relative(id.relative).first);
  bool const is_values = id.what == source_kind::values;
  if (is_values && !is_namespace_name(name) && (format_of(file) || file.ends_with(".d")))
    return "'" + name +
           "' is not the name of a namespace: a lower-case letter, then at most 63 of a-z, 0-9, _ "
           "and -";
  std::string text = "its name does not end in ";
  text += is_values                        ? ".json, .jsonc, .yaml, .yml, .toml, .ini or .env"
          : id.what == source_kind::schema ? ".json, .yaml or .yml"
                                           : ".toml";
  auto lower = id;
  std::ranges::transform(lower.relative, lower.relative.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return is_source(lower) ? text + ", in lower case" : text;
}

std::optional<std::string_view> namespace_of(source_id const& id) {
  std::string_view const relative = id.relative;
  if (id.what == source_kind::rules || id.what == source_kind::access) return std::nullopt;
  if (id.what == source_kind::schema) {
    auto const name = split_relative(relative).first;
    if (!has_extension(relative, id.what) || !is_namespace_name(name)) return std::nullopt;
    return name;
  }
  if (id.where == layer::environment) {
    if (!is_namespace_name(relative)) return std::nullopt;
    return relative;
  }
  auto const slash = relative.find('/');
  std::string_view const file = slash == relative.npos ? relative : relative.substr(slash + 1);
  if (file.find('/') != file.npos || is_leftover(file) || !format_of(file)) return std::nullopt;
  if (slash != relative.npos && !relative.substr(0, slash).ends_with(".d")) return std::nullopt;
  auto const name = split_relative(relative).first;
  if (!is_namespace_name(name)) return std::nullopt;
  return name;
}

std::strong_ordering operator<=>(source_id const& left, source_id const& right) {
  auto const [left_name, left_file] = split_relative(left.relative);
  auto const [right_name, right_file] = split_relative(right.relative);
  // The relative path decides between NAME.json and NAME.yaml, where both file parts are empty.
  return std::tie(left.what, left.where, left_name, left_file, left.relative) <=>
         std::tie(right.what, right.where, right_name, right_file, right.relative);
}

std::string to_string(source_id const& id) {
  std::string const kind =
      id.what == source_kind::values ? "" : std::string(directory_of(id.what)) + '/';
  return kind + std::string(to_string(id.where)) + '/' + id.relative;
}

std::optional<source_id> parse_source_id(std::string_view text) {
  source_id id;
  for (auto const what : {source_kind::schema, source_kind::rules, source_kind::access}) {
    auto const directory = directory_of(what);
    if (!text.starts_with(directory) || text.substr(directory.size(), 1) != "/") continue;
    text.remove_prefix(directory.size() + 1);
    id.what = what;
    break;
  }
  auto const slash = text.find('/');
  auto const where = parse_layer(text.substr(0, slash));
  if (slash == text.npos || !where) return std::nullopt;
  id.where = *where;
  id.relative = text.substr(slash + 1);
  if (!is_source(id)) return std::nullopt;
  return id;
}

std::ostream& operator<<(std::ostream& out, source_id const& id) { return out << to_string(id); }

content_hash hash_content(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  content_hash hash;
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), hash.begin());
  return hash;
}

} // namespace cfgd
