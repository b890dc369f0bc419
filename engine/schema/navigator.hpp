#pragma once

#include "core/limits.hpp"
#include "engine/regex/pattern.hpp"
#include "engine/schema/program.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace cfgd::schema {

using node_list = std::vector<node const*>;

/// Adds a subschema, and those that certainly apply to the same value: `$ref` and `allOf`.
void add_certain(node const& one, node_list& to);

/// The subschemas of one value: those that certainly apply, and those that may.
struct position {
  node_list certain;
  node_list possible;
};

/// The member by which the elements of the array at a position are merged ("x-key"); empty: none.
std::string_view element_key(position const& of);

/// Goes down the subschemas as far as `properties`, `patternProperties`, `additionalProperties`,
/// `items`, `$ref` and `allOf` lead. For one thread; `all` must outlive it.
class navigator {
 public:
  navigator(program const& all, limits const& bounds)
      : all_(all), matcher_({.steps = bounds.pattern_steps}) {}

  position root() { return make({all_.root}, {all_.root}); }

  /// A member. That of an array with an "x-key" is the element of that name.
  position member(position const& of, std::string_view name);
  position element(position const& of, std::size_t index) {
    return make(elements(of.certain, index), elements(of.possible, index));
  }
  /// An element after those that have subschemas of their own (prefixItems).
  position element(position const& of) { return element(of, no_maximum); }

 private:
  position make(node_list const& certain, node_list const& possible);
  void add_possible(node const& one, node_list& to);
  node_list members(node_list const& of, std::string_view name, bool surely);
  static node_list elements(node_list const& of, std::size_t index);

  program const& all_;
  regex::matcher matcher_;
};

} // namespace cfgd::schema
