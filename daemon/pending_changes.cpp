#include "daemon/pending_changes.hpp"

#include <algorithm>
#include <utility>

// Deadlines are wall time: a change that was to be confirmed within ten minutes is undone ten
// minutes later, whether the service ran, was down or the machine slept. Beside the list of the
// store only attempts are remembered, so a restart loses nothing.

namespace cfgd {

void pending_changes::replace(std::vector<engine::pending_change> newest) {
  list_ = std::move(newest);
  std::erase_if(attempts_, [this](auto const& one) { return find(one.first) == nullptr; });
}

engine::pending_change const* pending_changes::find(revision_number revision) const {
  auto const found = std::ranges::find(list_, revision, &engine::pending_change::revision);
  return found == list_.end() ? nullptr : &*found;
}

std::optional<wall_time> pending_changes::due(engine::pending_change const& one) const {
  auto const tried = attempts_.find(one.revision);
  if (tried == attempts_.end()) return one.deadline;
  if (!tried->second.again) return std::nullopt;
  // An extension in the meantime postpones the next attempt, too.
  return tried->second.reason.empty() ? std::max(*tried->second.again, one.deadline)
                                      : *tried->second.again;
}

std::vector<engine::pending_change> pending_changes::take_due(wall_time now) {
  std::vector<engine::pending_change> taken;
  for (auto const& one : list_) {
    auto const when = due(one);
    if (!when || *when > now) continue;
    attempts_[one.revision].again.reset();
    taken.push_back(one);
  }
  return taken;
}

std::optional<wall_time> pending_changes::next() const {
  std::optional<wall_time> first;
  for (auto const& one : list_)
    if (auto const when = due(one); when && (!first || *when < *first)) first = when;
  return first;
}

void pending_changes::end_early(revision_number revision, std::string reason) {
  if (find(revision) != nullptr) attempts_[revision].reason = std::move(reason);
}

std::string pending_changes::reason(revision_number revision) const {
  auto const tried = attempts_.find(revision);
  return tried == attempts_.end() ? std::string() : tried->second.reason;
}

bool pending_changes::postpone(revision_number revision, wall_time when) {
  if (find(revision) == nullptr) return false;
  auto& tried = attempts_[revision];
  tried.again = when;
  return !std::exchange(tried.failed, true);
}

} // namespace cfgd
