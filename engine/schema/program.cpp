#include "engine/schema/program.hpp"

#include <algorithm>

// All children of a node, for searches (loops, secrets). The evaluator does not use it, because it
// treats each kind of child differently.

namespace cfgd::schema {
namespace {

using visitor = std::function<void(node const&, relation)>;

void visit_one(node const* child, relation how, visitor const& visit) {
  if (child != nullptr) visit(*child, how);
}

void visit_all(std::vector<node const*> const& children, relation how, visitor const& visit) {
  for (auto const* child : children)
    visit(*child, how);
}

void visit_dynamic(program const& all, in_place_rules const& rules, visitor const& visit) {
  bool const named = !rules.dynamic_anchor.empty();
  visit_one(rules.dynamic, named || rules.recursive ? relation::in_scope : relation::in_place,
            visit);
  if (!named && !rules.recursive) return;
  for (auto const& home : all.resources) {
    if (rules.recursive) visit_one(home.recursive_node, relation::in_scope, visit);
    auto const found = home.dynamic_nodes.find(rules.dynamic_anchor);
    if (named && found != home.dynamic_nodes.end()) visit(*found->second, relation::in_scope);
  }
}

void visit_in_place(program const& all, in_place_rules const& rules, visitor const& visit) {
  visit_one(rules.reference, relation::in_place, visit);
  visit_dynamic(all, rules, visit);
  visit_all(rules.all_of, relation::in_place, visit);
  visit_all(rules.any_of, relation::in_place, visit);
  visit_all(rules.one_of, relation::in_place, visit);
  visit_one(rules.negated, relation::negated, visit);
  visit_one(rules.condition, relation::in_place, visit);
  visit_one(rules.consequence, relation::in_place, visit);
  visit_one(rules.alternative, relation::in_place, visit);
  for (auto const& [name, child] : rules.dependent)
    visit(*child, relation::in_place);
}

} // namespace

node const* object_rules::property(std::string_view name) const {
  auto const found =
      std::lower_bound(properties.begin(), properties.end(), name,
                       [](auto const& one, auto wanted) { return one.first < wanted; });
  return found != properties.end() && found->first == name ? found->second : nullptr;
}

std::string place_of(node const& which) { return which.home->document + "#" + which.pointer; }

void for_each_child(program const& all, node const& which, visitor const& visit) {
  if (which.in_place) visit_in_place(all, *which.in_place, visit);
  if (which.objects) {
    auto const& rules = *which.objects;
    for (auto const& [name, child] : rules.properties)
      visit(*child, relation::member);
    for (auto const& [name, child] : rules.patterns)
      visit(*child, relation::member);
    visit_one(rules.additional, relation::member, visit);
    visit_one(rules.unevaluated, relation::member, visit);
    visit_one(rules.names, relation::name, visit);
  }
  if (which.arrays) {
    auto const& rules = *which.arrays;
    visit_all(rules.prefix, relation::element, visit);
    visit_one(rules.rest, relation::element, visit);
    visit_one(rules.contains, relation::element, visit);
    visit_one(rules.unevaluated, relation::element, visit);
  }
}

} // namespace cfgd::schema
