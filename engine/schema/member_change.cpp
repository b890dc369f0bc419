#include "engine/schema/member_change.hpp"

#include "engine/schema/evaluate.hpp"
#include "engine/schema/navigator.hpp"

#include <algorithm>

// A member of a document that fits is evaluated by the subschemas of its own, if on the way to it
// no subschema looks at more than one member, at how many there are, or at a whole object, and none
// is an alternative. What does not fit is not described here: that takes the whole document.

namespace cfgd::schema {
namespace {

/// Whether what a subschema says about an object may depend on more than the changed member.
class dependence {
 public:
  dependence(member_change const& what, limits const& bounds)
      : what_(what), matcher_({.steps = bounds.pattern_steps}) {}

  bool found(node const& which, std::string_view name, bool is_parent) {
    if (which.what == node::kind::accepts) return false;
    bool const looks_at_whole = which.what == node::kind::rejects || which.constant != nullptr ||
                                which.choices != nullptr || !which.element_key.empty();
    if (looks_at_whole || (which.in_place && has_alternatives(*which.in_place))) return true;
    return which.objects && (is_costly(*which.objects, name) ||
                             (is_parent && counts_members(*which.objects, name)) ||
                             which.objects->unevaluated != nullptr);
  }

  /// Of the names on the way, in steps.
  std::uint64_t cost() const { return cost_; }

 private:
  static bool has_alternatives(in_place_rules const& rules) {
    return rules.dynamic != nullptr || rules.recursive || !rules.any_of.empty() ||
           !rules.one_of.empty() || rules.negated != nullptr || rules.condition != nullptr ||
           !rules.dependent.empty();
  }

  /// Of the object that the changed member is in.
  bool counts_members(object_rules const& rules, std::string_view name) const {
    if (what_.is_new)
      return !rules.dependent.empty() || rules.names != nullptr || rules.max_members != no_maximum;
    if (what_.value != nullptr) return false;
    return !rules.dependent.empty() || rules.min_members > 0 ||
           std::ranges::find(rules.required, name) != rules.required.end();
  }

  bool is_costly(object_rules const& rules, std::string_view name) {
    using enum regex::matcher::outcome;
    return std::ranges::any_of(rules.patterns, [&](auto const& one) {
      auto const found = matcher_.match(*one.first, name);
      cost_ += matcher_.cost();
      return found != matches && found != differs;
    });
  }

  member_change const& what_;
  regex::matcher matcher_;
  std::uint64_t cost_ = 0;
};

} // namespace

bool stays_valid(program const& all, member_change const& what, limits const& bounds,
                 std::uint64_t& steps, std::function<void()> const& check) {
  if (all.has_deprecated) return false; // there may be warnings
  if (all.has_dynamic) return false;    // the way to a member decides what applies to it
  navigator down(all, bounds);
  dependence others(what, bounds);
  auto at = down.root();
  std::size_t around = 0; // subschemas, at most
  for (auto const& name : what.path) {
    bool const is_parent = &name == &what.path.back();
    for (auto const* const one : at.possible)
      if (others.found(*one, name, is_parent)) return false;
    around += at.possible.size();
    at = down.member(at, name);
  }
  steps += others.cost();
  if (what.value == nullptr) return true;
  evaluator quick(all, bounds, bounds.schema_steps, check);
  quick.begin_at(around);
  bool const fits = std::ranges::all_of(
      at.certain, [&](node const* one) { return quick.run(*one, *what.value, nullptr); });
  steps += bounds.schema_steps - quick.steps_left();
  return fits && !quick.halted();
}

} // namespace cfgd::schema
