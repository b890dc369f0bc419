#include "store/checkpoints.hpp"

#include "core/key.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

// A checkpoint costs as many bytes as its namespace has, and applying changes at the start costs as
// many as they have. So a namespace gets a checkpoint when its changes have become as large as it,
// and the changes after the oldest checkpoint are bounded, too: a namespace that changes seldom
// gets one when so many bytes of changes of others have followed. What the store says about that
// revision may be older than what is known here, so it is written now and then.

namespace cfgd::store {
namespace {

/// Changes of a small namespace may be larger than it.
constexpr std::size_t least_bytes = 16 * 1024;
/// About what loading reads of the changes.
constexpr std::uint64_t window_bytes = 4 * 1024 * 1024;
/// Checkpoints of other namespaces in one transaction, beyond one for each change.
constexpr std::size_t renewed_beyond = 4;
/// Revisions between two records of what is settled.
constexpr revision_number settled_steps = 256;

/// Bytes of the record of a change, about.
std::size_t size_of(change const& one) {
  constexpr std::size_t frame_and_origin = 96;
  constexpr std::size_t leaf = 13;
  std::size_t bytes = frame_and_origin + one.comment.size();
  for (auto const& each : one.keys)
    bytes += leaf + each.key.size() + each.before.size() + each.after.size();
  return bytes;
}

/// Calls `visit` for each namespace of a change, whose keys are in their order.
template <class Visit>
void for_each_namespace(change const& one, Visit visit) {
  std::string_view last;
  for (auto const& leaf : one.keys)
    if (auto const name = namespace_of(leaf.key); name != last) visit(last = name);
}

} // namespace

void checkpoints::add(std::string_view name, revision_number at, std::size_t bytes) {
  auto const found = lags_.find(name);
  if (found != lags_.end()) {
    found->second.bytes += bytes;
  } else {
    lags_.emplace(name, lag{.first = at, .bytes = bytes, .begun = noted_});
    by_age_.emplace(at, name);
  }
}

void checkpoints::add_unknown(std::string_view name) {
  forget(name);
  lags_.emplace(name, lag{});
  by_age_.emplace(0, name);
}

void checkpoints::forget(std::string_view name) {
  auto const found = lags_.find(name);
  if (found == lags_.end()) return;
  by_age_.erase({found->second.first, found->first});
  lags_.erase(found);
}

bool checkpoints::is_unknown(std::string_view name) const {
  auto const found = lags_.find(name);
  return found != lags_.end() && found->second.first == 0;
}

revision_number checkpoints::settled(revision_number newest) const {
  if (by_age_.empty()) return newest;
  auto const first = by_age_.begin()->first;
  return first == 0 ? 0 : first - 1;
}

checkpoint_step::checkpoint_step(checkpoints& of, model const& before, write_set& writes)
    : of_(of), before_(before), changes_(writes.changes),
      values_(std::exchange(writes.effectives, {})) {
  std::map<std::string_view, std::size_t> added;
  for (auto const& one : changes_)
    for_each_namespace(*one,
                       [&, bytes = size_of(*one)](std::string_view name) { added[name] += bytes; });
  for (auto const& value : values_)
    if (needs_checkpoint(value, added)) renew(value.name_space, writes.effectives);
  auto left = changes_.size() + renewed_beyond;
  for (auto const& [first, name] : of_.by_age_) {
    auto const& lag = of_.lags_.find(name)->second;
    bool const is_due = first == 0 || of_.noted_ - lag.begun > window_bytes;
    if (!is_due || left == 0) break;
    if (written_.contains(name)) continue;
    renew(name, writes.effectives);
    --left;
  }
  if (auto const now = of_.settled(before.revision); now >= of_.stored_ + settled_steps)
    settled_ = now;
}

/// Whether the changes of the transaction do not say what the value is now, or have become large.
bool checkpoint_step::needs_checkpoint(effective const& value,
                                       std::map<std::string_view, std::size_t> const& added) const {
  auto const* const was = engine::find_namespace(before_, value.name_space);
  if (!value.text || was == nullptr || !was->value.text) return true;
  if (changes_.empty() || value.revision < changes_.front()->revision) return true;
  auto const more = added.find(value.name_space);
  if (more == added.end()) return true;
  auto const lag = of_.lags_.find(value.name_space);
  if (lag == of_.lags_.end()) return more->second > std::max(least_bytes, value.text.size());
  return lag->second.first == 0 ||
         lag->second.bytes + more->second > std::max(least_bytes, value.text.size());
}

/// The value after the transaction; without a text: there is none.
effective checkpoint_step::value_of(std::string const& name) const {
  auto const found = std::ranges::lower_bound(values_, name, {}, &effective::name_space);
  if (found != values_.end() && found->name_space == name) return *found;
  auto const* const state = engine::find_namespace(before_, name);
  return state == nullptr ? effective{.name_space = name} : state->value;
}

void checkpoint_step::renew(std::string const& name, std::vector<effective>& to) {
  if (written_.insert(name).second) to.push_back(value_of(name));
}

write_set checkpoint_step::renew_before(revision_number erased) {
  write_set out{.revision = before_.revision};
  for (auto const& [first, name] : of_.by_age_) {
    if (first > erased) break;
    renew(name, out.effectives);
  }
  // Changes of this transaction are erased where fewer are kept than it has.
  for (auto const& one : changes_)
    if (one->revision <= erased)
      for_each_namespace(*one,
                         [&](std::string_view name) { renew(std::string(name), out.effectives); });
  return out;
}

void checkpoint_step::committed() {
  for (auto const& one : changes_) {
    auto const bytes = size_of(*one);
    of_.note(bytes);
    for_each_namespace(*one, [&](std::string_view name) {
      if (!written_.contains(name)) of_.add(name, one->revision, bytes);
    });
  }
  for (auto const& name : written_)
    of_.forget(name);
  if (settled_) of_.stored_ = *settled_;
}

} // namespace cfgd::store
