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

std::optional<std::string_view> namespace_of(source_id const& id) {
  std::string_view const relative = id.relative;
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
  return std::tie(left.where, left_name, left_file, left.relative) <=>
         std::tie(right.where, right_name, right_file, right.relative);
}

std::string to_string(source_id const& id) {
  return std::string(to_string(id.where)) + '/' + id.relative;
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
