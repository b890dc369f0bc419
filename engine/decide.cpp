#include "engine/decide.hpp"

#include <algorithm>
#include <map>
#include <utility>

// From an accepted candidate to a committed change. With grouping::change_per_namespace each
// namespace gets a revision of its own, else all differences together are one revision.

namespace cfgd::engine {
namespace {

/// The keys of one namespace.
struct changed_keys {
  std::string name_space;
  std::vector<key_change> keys;
};

/// Adds the keys of a namespace to a change, with the origin of each. The change has the origin of
/// its first key; keys that have another one refer to their file.
void add_keys(change& record, changed_keys&& more, decision_terms const& by) {
  for (auto& one : more.keys) {
    auto from = by.origin_of(more.name_space, one);
    if (record.keys.empty()) record.from = from;
    if (from != record.from) {
      one.at = std::exchange(from.at, {});
      auto const known = std::ranges::find(record.files, from);
      one.file = static_cast<std::uint32_t>(known - record.files.begin()) + 1;
      if (known == record.files.end()) record.files.push_back(std::move(from));
    }
    record.keys.push_back(std::move(one));
  }
}

/// Records a change under the next revision; does nothing if no leaf differs.
void add_change(committed_change& out, decision_terms const& by, std::vector<changed_keys>&& all,
                std::vector<issue> warnings) {
  auto record = std::make_shared<change>();
  for (auto& one : all)
    add_keys(*record, std::move(one), by);
  if (record->keys.empty()) return;
  ++out.revision;
  record->revision = out.revision;
  record->time = by.now;
  record->from.revision = out.revision;
  for (auto& file : record->files)
    file.revision = out.revision;
  record->comment = by.comment;
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
  state.fits = std::move(what.fits);
  out.effectives.push_back(state.value);
}

/// Warnings by the namespace of their key.
std::map<std::string, std::vector<issue>> by_name_space(std::vector<issue>&& all) {
  std::map<std::string, std::vector<issue>> sorted;
  for (auto& one : all) {
    auto& mine = sorted[one.key.substr(0, one.key.find('.'))];
    mine.push_back(std::move(one));
  }
  return sorted;
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
    auto warnings = by_name_space(std::move(found.warnings));
    for (auto& difference : found.differences) {
      std::vector<changed_keys> mine;
      mine.push_back({difference.name, std::move(difference.keys)});
      add_change(out, by, std::move(mine), std::move(warnings[difference.name]));
      make_effective(out, made, difference);
    }
  } else {
    std::vector<changed_keys> all;
    for (auto& difference : found.differences)
      all.push_back({difference.name, std::move(difference.keys)});
    add_change(out, by, std::move(all), std::move(found.warnings));
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
