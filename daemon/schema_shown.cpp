#include "daemon/schema_shown.hpp"

#include "core/json.hpp"
#include "engine/stored_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

// The mark of a secret need not be beside its default: it may be behind a reference or in another
// branch. So each part of the text is visited together with the path that it describes, and the
// whole schema decides about that path. If the path is not known (patterns, lists, definitions that
// are used elsewhere), the part is treated as one of a secret.
//
// An object may have a secret member, so values that are objects are removed everywhere.

namespace cfgd {
namespace {

namespace bj = boost::json;

using member_path = std::vector<std::string>;

constexpr std::array<std::string_view, 4> revealing = {"const", "default", "enum", "examples"};
/// Subschemas of the same value.
constexpr std::array<std::string_view, 7> in_place = {"allOf", "anyOf", "else", "if",
                                                      "not",   "oneOf", "then"};
/// Objects whose members are subschemas, of the same value or of others.
constexpr std::array<std::string_view, 2> tables_in_place = {"dependencies", "dependentSchemas"};
constexpr std::array<std::string_view, 3> tables_elsewhere = {"$defs", "definitions",
                                                              "patternProperties"};

template <std::size_t Count>
bool is_one_of(std::array<std::string_view, Count> const& all, std::string_view name) {
  return std::ranges::find(all, name) != all.end();
}

bool holds_object(bj::value const& what) {
  if (auto const* const list = what.if_array()) return std::ranges::any_of(*list, holds_object);
  return what.is_object();
}

class stripper {
 public:
  explicit stripper(std::function<bool(std::span<std::string const>)> const& is_secret)
      : is_secret_(is_secret) {}

  /// `at`: the path that `what` describes; absent: it is a secret, or not known.
  void strip(bj::value& what, std::optional<member_path> at) {
    if (auto* const list = what.if_array())
      for (auto& one : *list)
        strip(one, at);
    auto* const schema = what.if_object();
    if (schema == nullptr) return;
    if (at && is_secret_(*at)) at.reset();
    for (auto const word : revealing)
      if (auto const* const given = schema->if_contains(word);
          given && (!at || holds_object(*given)))
        schema->erase(word);
    for (auto& member : *schema)
      strip_keyword(member.key(), member.value(), at);
  }

 private:
  void strip_keyword(std::string_view name, bj::value& value,
                     std::optional<member_path> const& at) {
    if (is_one_of(revealing, name)) return;
    if (name == "properties")
      strip_table(value, [&at](std::string_view member) {
        auto below = at;
        if (below) below->emplace_back(member);
        return below;
      });
    else if (is_one_of(tables_in_place, name))
      strip_table(value, [&at](std::string_view) { return at; });
    else if (is_one_of(tables_elsewhere, name))
      strip_table(value, [](std::string_view) { return std::optional<member_path>(); });
    else
      strip(value, is_one_of(in_place, name) ? at : std::nullopt);
  }

  template <class Place>
  void strip_table(bj::value& table, Place place_of) {
    if (auto* const all = table.if_object())
      for (auto& member : *all)
        strip(member.value(), place_of(member.key()));
  }

  std::function<bool(std::span<std::string const>)> const& is_secret_;
};

} // namespace

std::string
schema_without_secrets(std::string_view text, std::vector<std::string> path,
                       std::function<bool(std::span<std::string const>)> const& is_secret) {
  auto schema = engine::parse_stored_value(text);
  if (!schema) return {};
  stripper(is_secret).strip(*schema, std::move(path));
  return json::canonical(*schema);
}

} // namespace cfgd
