#include "engine/schema/navigator.hpp"

#include <algorithm>

// The way down a document, with two lists of subschemas for each value: those that certainly apply
// decide, those that may apply inform.

namespace cfgd::schema {

void add_certain(node const& one, node_list& to) {
  if (std::ranges::find(to, &one) != to.end()) return;
  to.push_back(&one);
  if (!one.in_place) return;
  if (one.in_place->reference != nullptr) add_certain(*one.in_place->reference, to);
  for (auto const* const part : one.in_place->all_of)
    add_certain(*part, to);
}

std::string_view element_key(position const& of) {
  auto const found =
      std::ranges::find_if(of.certain, [](node const* one) { return !one->element_key.empty(); });
  return found == of.certain.end() ? std::string_view() : (*found)->element_key;
}

position navigator::member(position const& of, std::string_view name) {
  if (!element_key(of).empty()) return element(of);
  return make(members(of.certain, name, true), members(of.possible, name, false));
}

position navigator::make(node_list const& certain, node_list const& possible) {
  position out;
  for (auto const* const one : certain)
    add_certain(*one, out.certain);
  for (auto const* const one : possible)
    add_possible(*one, out.possible);
  return out;
}

void navigator::add_possible(node const& one, node_list& to) {
  if (std::ranges::find(to, &one) != to.end()) return;
  to.push_back(&one);
  for_each_child(all_, one, [&](node const& child, relation how) {
    if (how == relation::in_place || how == relation::in_scope) add_possible(child, to);
  });
}

/// What applies to a member. `surely`: a pattern that is too costly to match does not, nor do the
/// rules for other members then.
node_list navigator::members(node_list const& of, std::string_view name, bool surely) {
  node_list out;
  for (auto const* const one : of) {
    if (!one->objects) continue;
    auto const& rules = *one->objects;
    bool is_named = false;
    if (auto const* const rule = rules.property(name)) {
      out.push_back(rule);
      is_named = true;
    }
    for (auto const& [expression, rule] : rules.patterns) {
      auto const found = matcher_.match(*expression, name);
      if (found == regex::matcher::outcome::differs) continue;
      is_named = true;
      if (found == regex::matcher::outcome::matches || !surely) out.push_back(rule);
    }
    if (!is_named && rules.additional != nullptr) out.push_back(rules.additional);
  }
  return out;
}

node_list navigator::elements(node_list const& of, std::size_t index) {
  node_list out;
  for (auto const* const one : of) {
    if (!one->arrays) continue;
    auto const& rules = *one->arrays;
    if (index < rules.prefix.size())
      out.push_back(rules.prefix[index]);
    else if (rules.rest != nullptr)
      out.push_back(rules.rest);
  }
  return out;
}

} // namespace cfgd::schema
