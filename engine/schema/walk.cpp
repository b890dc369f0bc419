#include "engine/schema/walk.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

// Follows a path of member names with the set of all subschemas that may apply: the document is not
// known, so every alternative and every branch of a condition may apply. Subschemas of `not` do not
// describe the value. In doubt (a pattern that takes too long to match) a subschema applies: it is
// better to hide a value than to show a secret.
//
// A list is one value. So if an element, or a part of it, is a secret, the list is a secret.

namespace cfgd::schema {
namespace {

using node_list = std::vector<node const*>;

class walker {
 public:
  walker(program const& all, limits const& bounds)
      : all_(all), known_(all.nodes.size()), matcher_({.steps = bounds.pattern_steps}) {}

  /// `start`, and what applies to the same value, nearest first.
  node_list together(node_list const& start) {
    std::fill(known_.begin(), known_.end(), false);
    node_list out;
    auto const add = [&](node const& one) {
      if (known_[one.id]) return;
      known_[one.id] = true;
      out.push_back(&one);
    };
    for (auto const* const one : start)
      add(*one);
    for (std::size_t i = 0; i < out.size(); ++i) { // NOLINT(modernize-loop-convert): it grows
      for_each_child(all_, *out[i], [&](node const& child, relation how) {
        if (how == relation::in_place || how == relation::in_scope) add(child);
      });
    }
    return out;
  }

  /// What applies to a member, for any of `these`; those that name it first.
  node_list member(node_list const& these, std::string_view name) {
    node_list named;
    node_list others;
    // The elements of an array with an "x-key" have names.
    bool const is_keyed =
        std::ranges::any_of(these, [](node const* one) { return !one->element_key.empty(); });
    for (auto const* const one : these) {
      if (is_keyed && one->arrays && one->arrays->rest != nullptr)
        named.push_back(one->arrays->rest);
      if (!one->objects) continue;
      auto const& rules = *one->objects;
      auto const before = named.size();
      if (auto const* const rule = rules.property(name)) named.push_back(rule);
      for (auto const& [expression, rule] : rules.patterns) {
        if (matcher_.match(*expression, name) != regex::matcher::outcome::differs)
          named.push_back(rule);
      }
      if (named.size() == before && rules.additional != nullptr) others.push_back(rules.additional);
      if (rules.unevaluated != nullptr) others.push_back(rules.unevaluated);
    }
    named.insert(named.end(), others.begin(), others.end());
    return named;
  }

 private:
  program const& all_;
  std::vector<bool> known_;
  regex::matcher matcher_;
};

/// Whether a value of the node is hidden as a whole.
bool is_hidden(program const& all, node const& which) {
  if (which.secret) return true;
  if (!which.arrays) return false;
  bool found = false;
  for_each_child(all, which, [&](node const& child, relation how) {
    found = found || (how == relation::element && all.secrets[child.id]);
  });
  return found;
}

} // namespace

std::vector<bool> find_reaching(program const& all,
                                std::function<bool(node const&)> const& wanted) {
  std::vector<std::vector<std::size_t>> parents(all.nodes.size());
  std::vector<bool> found(all.nodes.size());
  std::vector<std::size_t> open;
  for (auto const& one : all.nodes) {
    for_each_child(all, one, [&](node const& child, relation how) {
      if (how != relation::negated && how != relation::name) parents[child.id].push_back(one.id);
    });
    if (!wanted(one)) continue;
    found[one.id] = true;
    open.push_back(one.id);
  }
  while (!open.empty()) {
    auto const at = open.back();
    open.pop_back();
    for (auto const parent : parents[at]) {
      if (found[parent]) continue;
      found[parent] = true;
      open.push_back(parent);
    }
  }
  return found;
}

bool is_secret_at(program const& all, std::span<std::string const> path, limits const& bounds) {
  walker walk(all, bounds);
  auto here = walk.together({all.root});
  auto const hidden = [&](node const* one) { return is_hidden(all, *one); };
  for (auto const& name : path) {
    if (std::any_of(here.begin(), here.end(), hidden)) return true;
    here = walk.together(walk.member(here, name));
  }
  return std::any_of(here.begin(), here.end(), hidden);
}

node const* find_read_only(program const& all, std::span<std::string const> path,
                           limits const& bounds) {
  walker walk(all, bounds);
  auto here = walk.together({all.root});
  auto next = path.begin();
  while (true) {
    auto const found =
        std::find_if(here.begin(), here.end(), [](node const* one) { return one->read_only; });
    if (found != here.end()) return *found;
    if (next == path.end()) return nullptr;
    here = walk.together(walk.member(here, *next++));
  }
}

boost::json::value const* find_governing(program const& all, std::span<std::string const> path,
                                         limits const& bounds) {
  walker walk(all, bounds);
  node const* found = all.root;
  node_list here{all.root};
  for (auto const& name : path) {
    auto const next = walk.member(walk.together(here), name);
    auto const describes = [](node const* one) { return one->source->is_object(); };
    auto const first = std::find_if(next.begin(), next.end(), describes);
    if (first == next.end()) return nullptr;
    found = *first;
    here = next;
  }
  // A schema that is only a reference describes nothing itself.
  while (found->in_place && found->in_place->reference != nullptr &&
         found->source->get_object().size() == 1)
    found = found->in_place->reference;
  return found->source;
}

} // namespace cfgd::schema
