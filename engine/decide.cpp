#include "engine/decide.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// From an accepted candidate to a committed change. With grouping::change_per_namespace each
// namespace gets a revision of its own, else all differences together are one revision.

namespace cfgd::engine {
namespace {

/// Records a change under the next revision; does nothing if no leaf differs.
void add_change(committed_change& out, decision_terms const& by, std::string const& name_space,
                std::vector<key_change>&& keys, std::vector<issue> warnings) {
  if (keys.empty()) return;
  ++out.revision;
  auto record = std::make_shared<change>();
  record->revision = out.revision;
  record->time = by.now;
  record->from = by.origin_of(name_space, keys.front());
  record->from.revision = out.revision;
  record->comment = by.comment;
  record->keys = std::move(keys);
  record->warnings = std::move(warnings);
  out.changes.push_back(std::move(record));
}

/// Makes a value the effective one.
void make_effective(committed_change& out, candidate& made, evaluation::difference& what) {
  auto& state = made.edit(what.name);
  // No change record can say that keys became secret or ceased to be.
  out.needs_resync = out.needs_resync || what.secrets_moved;
  if (state.value.text != what.value.text) what.value.revision = out.revision;
  state.value = std::move(what.value);
  out.effectives.push_back(state.value);
}

/// Removes and returns the warnings that are about a namespace.
std::vector<issue> warnings_of(std::vector<issue>& all, std::string const& name) {
  std::vector<issue> mine;
  auto const others = std::stable_partition(all.begin(), all.end(), [&](issue const& one) {
    return one.key != name && !one.key.starts_with(name + '.');
  });
  std::move(others, all.end(), std::back_inserter(mine));
  all.erase(others, all.end());
  return mine;
}

/// Whether verdicts and the namespaces read are the same. Messages do not count: they are of use
/// only in the evaluation that made them.
bool is_same(std::vector<rule_status> const& left, std::vector<rule_status> const& right) {
  return std::ranges::equal(left, right, [](rule_status const& one, rule_status const& other) {
    return one.what == other.what && one.has_run == other.has_run &&
           one.last.what == other.last.what && one.last.read == other.last.read;
  });
}

} // namespace

committed_change decide(candidate& made, evaluation&& found, decision_terms const& by) {
  committed_change out{.revision = by.revision};
  out.warnings = found.warnings;
  if (by.how == grouping::change_per_namespace) {
    for (auto& difference : found.differences) {
      auto warnings = warnings_of(found.warnings, difference.name);
      add_change(out, by, difference.name, std::move(difference.keys), std::move(warnings));
      make_effective(out, made, difference);
    }
  } else {
    std::vector<key_change> keys;
    std::string first;
    for (auto& difference : found.differences) {
      // The origin is that of the first key, so it needs the namespace of that key.
      if (keys.empty()) first = difference.name;
      std::ranges::move(difference.keys, std::back_inserter(keys));
    }
    add_change(out, by, first, std::move(keys), std::move(found.warnings));
    for (auto& difference : found.differences)
      make_effective(out, made, difference);
  }
  if (!found.rules.empty() && !is_same(found.rules, made.active_policy->rules)) {
    auto active_policy = std::make_shared<policy>(*made.active_policy);
    active_policy->rules = std::move(found.rules);
    made.active_policy = std::move(active_policy);
  }
  return out;
}

} // namespace cfgd::engine
