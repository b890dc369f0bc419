#include "daemon/until_applied.hpp"

#include <algorithm>
#include <utility>

namespace cfgd {

void until_applied::follow(std::vector<engine::pending_change> const& pending) {
  std::erase_if(all_, [&](auto const& one) {
    bool const is_over =
        std::ranges::find(pending, one.first, &engine::pending_change::revision) == pending.end();
    if (is_over && one.second.wait) with_.programs.cancel(*one.second.wait);
    return is_over;
  });
  for (auto const& one : pending)
    if (one.what == engine::expiry::kind::applied &&
        all_.emplace(one.revision, tracked{.what = one}).second)
      begin(one.revision);
}

void until_applied::begin(revision_number revision) {
  with_.history.ask(
      {.uid = 0, .is_privileged = true},
      [revision](store::reading const& store) { return store.changes_after(revision - 1, 1); },
      [this, revision, by = all_.at(revision).what.from.uid.value_or(0)](
          result<engine::history_slice> const& slice) {
        // What cannot be read may concern everybody.
        change const* changed = nullptr;
        if (slice && !slice->compacted && !slice->changes.empty() &&
            slice->changes.front()->revision == revision)
          changed = slice->changes.front().get();
        if (all_.contains(revision))
          wait_for(revision, with_.programs.concerned_by(changed, {}, by));
      });
}

void until_applied::wait_for(revision_number revision, std::vector<std::string> const& names) {
  auto const number = with_.programs.wait(
      {.revision = revision, .names = names},
      [this, revision, names](consumers::outcome const& made) { take(revision, made, names); });
  // Without a user there is no limit. It may have been answered already.
  if (auto const found = all_.find(revision); found != all_.end() && number)
    found->second.wait = *number;
}

void until_applied::take(revision_number revision, consumers::outcome const& made,
                         std::vector<std::string> const& asked) {
  if (has_ended(revision, asked) || !made.applied) return;
  with_.check([this, revision, asked] {
    if (has_ended(revision, asked)) return; // meanwhile
    with_.confirm(revision, asked.size() == 1 ? "the consumer that it concerns has applied it"
                                              : "all " + std::to_string(asked.size()) +
                                                    " consumers that it concerns have applied it");
  });
}

bool until_applied::has_ended(revision_number revision, std::vector<std::string> const& asked) {
  auto const found = all_.find(revision);
  if (found == all_.end() || found->second.is_undone) return true;
  for (auto const& name : asked) {
    auto const* const one = with_.programs.find(name);
    if (one == nullptr || !one->failed || one->failed->revision < revision) continue;
    // What it failed at after it had applied this one is another matter.
    if (one->applied >= revision && one->failed->revision > one->applied) continue;
    undo(revision, "the consumer '" + name + "' could not apply it");
    return true;
  }
  return false;
}

void until_applied::on_critical(std::string const& check) {
  std::vector<revision_number> revisions;
  revisions.reserve(all_.size());
  for (auto const& [revision, one] : all_)
    revisions.push_back(revision);
  // The newest first: what an earlier one has set shows again below it.
  std::reverse(revisions.begin(), revisions.end());
  for (auto const revision : revisions)
    undo(revision, "the health check '" + check + "' became critical");
}

void until_applied::undo(revision_number revision, std::string const& reason) {
  auto& one = all_.at(revision);
  if (std::exchange(one.is_undone, true)) return;
  if (auto const wait = std::exchange(one.wait, {})) with_.programs.cancel(*wait);
  with_.undo(one.what, reason);
}

} // namespace cfgd
