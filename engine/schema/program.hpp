#pragma once

#include "engine/regex/pattern.hpp"
#include "engine/schema/dialect.hpp"
#include "engine/schema/format.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

/// A compiled schema: nodes, one for each subschema, that point to each other. It points into the
/// documents, which must outlive it. Immutable after compilation; any thread may read it.
namespace cfgd::schema {

struct node;

/// A schema resource: a document, or a part of one that has an identifier of its own.
struct resource {
  /// The base URI of its references, without a fragment.
  std::string base;
  /// The URI with which the document was loaded.
  std::string document;
  boost::json::value const* root = nullptr;
  dialect language;
  std::unordered_map<std::string, boost::json::value const*> anchors;
  /// $dynamicAnchor; those that are reachable are compiled.
  std::unordered_map<std::string, boost::json::value const*> dynamic_anchors;
  std::unordered_map<std::string, node const*> dynamic_nodes;
  /// $recursiveAnchor: true
  bool recursive_anchor = false;
  node const* recursive_node = nullptr;
};

/// The types of the keyword "type", one bit each.
using type_bits = std::uint8_t;
namespace types {
inline constexpr type_bits null = 1;
inline constexpr type_bits boolean = 2;
inline constexpr type_bits integer = 4;
inline constexpr type_bits number = 8;
inline constexpr type_bits string = 16;
inline constexpr type_bits array = 32;
inline constexpr type_bits object = 64;
} // namespace types

inline constexpr std::size_t no_maximum = std::numeric_limits<std::size_t>::max();

struct number_rules {
  boost::json::value const* minimum = nullptr;
  boost::json::value const* maximum = nullptr;
  boost::json::value const* exclusive_minimum = nullptr;
  boost::json::value const* exclusive_maximum = nullptr;
  boost::json::value const* multiple_of = nullptr;
};

struct string_rules {
  std::size_t min_length = 0; ///< characters
  std::size_t max_length = no_maximum;
  regex::pattern const* expression = nullptr;
  format_rule const* format = nullptr;
};

struct array_rules {
  std::vector<node const*> prefix;
  /// For the elements after the prefix, and its keyword: items, additionalItems.
  node const* rest = nullptr;
  std::string_view rest_keyword = "items";
  node const* contains = nullptr;
  std::size_t min_contains = 1;
  std::size_t max_contains = no_maximum;
  /// Whether elements that match `contains` count as evaluated: since 2020-12.
  bool contains_evaluates = false;
  std::size_t min_items = 0;
  std::size_t max_items = no_maximum;
  bool unique = false;
  node const* unevaluated = nullptr;
};

struct dependency {
  std::string_view member;
  std::vector<std::string_view> names;
  std::string_view keyword;
};

struct object_rules {
  /// Sorted by name.
  std::vector<std::pair<std::string_view, node const*>> properties;
  std::vector<std::pair<regex::pattern const*, node const*>> patterns;
  node const* additional = nullptr;
  node const* names = nullptr;
  std::vector<std::string_view> required;
  std::vector<dependency> dependent;
  std::size_t min_members = 0;
  std::size_t max_members = no_maximum;
  node const* unevaluated = nullptr;

  node const* property(std::string_view name) const;
};

/// Subschemas that apply to the same value.
struct in_place_rules {
  node const* reference = nullptr;
  /// $dynamicRef, or $recursiveRef: the target unless the dynamic scope has another one.
  node const* dynamic = nullptr;
  std::string dynamic_anchor;
  bool recursive = false;
  std::vector<node const*> all_of;
  std::vector<node const*> any_of;
  std::vector<node const*> one_of;
  node const* negated = nullptr;
  node const* condition = nullptr;
  node const* consequence = nullptr;
  node const* alternative = nullptr;
  std::vector<std::pair<std::string_view, node const*>> dependent;
};

/// A subschema, compiled.
struct node {
  enum class kind : std::uint8_t { accepts, rejects, checks };

  boost::json::value const* source = nullptr;
  resource const* home = nullptr;
  std::size_t id = 0;
  /// Inside its document, as a JSON pointer.
  std::string pointer;
  kind what = kind::checks;
  type_bits allowed = 0; ///< 0: any
  bool deprecated = false;
  bool secret = false;
  bool read_only = false;
  std::string_view element_key; ///< "x-key"; empty: none
  boost::json::value const* constant = nullptr;
  boost::json::array const* choices = nullptr;
  boost::json::value const* fallback = nullptr; ///< default
  std::unique_ptr<number_rules> numbers;
  std::unique_ptr<string_rules> strings;
  std::unique_ptr<array_rules> arrays;
  std::unique_ptr<object_rules> objects;
  std::unique_ptr<in_place_rules> in_place;
};

/// "uri#pointer"
std::string place_of(node const& which);

/// A compiled schema.
struct program {
  std::deque<resource> resources;
  std::deque<node> nodes;
  std::unordered_map<std::string, regex::pattern> patterns;
  node const* root = nullptr;
  bool has_deprecated = false;
  bool has_read_only = false;
  /// Whether any reference leads elsewhere in other dynamic scopes.
  bool has_dynamic = false;
  /// Whether any node is marked as a secret, also one that the root does not lead to.
  bool marks_secrets = false;
  /// By node id: whether something secret is at or below it.
  std::vector<bool> secrets;
};

/// How a child node relates to its parent.
enum class relation : std::uint8_t {
  in_place, ///< applies to the same value
  in_scope, ///< applies to it in some dynamic scopes
  negated,  ///< in `not`
  member,   ///< to a member of it
  element,  ///< to an element of it
  name,     ///< to the names of its members
};

/// Calls `visit` with each child; for a dynamic reference with all its possible targets.
void for_each_child(program const& all, node const& which,
                    std::function<void(node const&, relation)> const& visit);

} // namespace cfgd::schema
