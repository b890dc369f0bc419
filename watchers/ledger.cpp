/// Whether a finding is news.
///
/// A look reports what stat(2) and read(2) return; whether this is news depends on what was
/// reported before. The same bytes in another file are not new content. A file that vanishes often
/// comes back (install, git checkout), so it is missing for a grace period before it is reported as
/// gone. A file that becomes empty is often about to be written, so it must be found empty twice, a
/// grace period apart.
///
/// A full disk truncates files, too. So a file whose last good content has values is reported as
/// blocked while it is empty, and as empty only when a longer wait has ended. The wait does not
/// apply where the format does not allow an empty file: its last good content stays anyway.
#include "watchers/ledger.hpp"

#include <algorithm>

namespace cfgd::watchers {
namespace {

content_hash const& hash_of_nothing() {
  static content_hash const hash = hash_content({});
  return hash;
}

bool may_be_empty(source_id const& id) {
  auto const kind = format_of(id.relative);
  return kind && *kind != format::json && *kind != format::jsonc;
}

error why_emptied(std::string const& path, std::chrono::milliseconds wait) {
  auto const seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return {.code = errc::not_found,
          .message = "'" + path +
                     "' is empty; unless it is written again, its values are removed " +
                     std::to_string(seconds) + " s after this was found",
          .subject = path};
}

} // namespace

ledger::ledger(source_watcher::options const& how, std::vector<known_source> const& known)
    : emptied_wait_(how.emptied), is_good_(how.is_good) {
  for (auto const& root : how.roots)
    directories_.emplace(std::pair(root.where, root.what),
                         root.directory.lexically_normal().string());
  for (auto const& [id, identity, hash] : known) {
    if (!directories_.contains({id.where, id.what})) continue;
    state before;
    before.identity = identity;
    before.filled = hash != hash_of_nothing();
    // A zero identity: the last look was blocked, so the content has to be reported again.
    if (identity != file_identity{}) before.hash = hash;
    known_.emplace(id, std::move(before));
  }
}

std::string ledger::path_of(source_id const& id) const {
  std::string directory = directories_.at({id.where, id.what});
  if (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  return join(directory, id.relative);
}

std::string ledger::location(source_id const& id) const {
  auto const found = known_.find(id);
  if (found == known_.end() || found->second.location.empty()) return path_of(id);
  return found->second.location;
}

void ledger::forget_link(state const& known) {
  if (!known.linked) return;
  if (auto const old = linked_.find(known.location); old != linked_.end()) linked_.erase(old);
}

void ledger::move_to(state& known, finding const& found) {
  forget_link(known);
  known.location = found.location;
  known.linked = found.linked;
  if (known.linked) linked_.insert(known.location);
}

ledger::outcome ledger::take(finding found, circumstances const& when,
                             std::vector<observation>& observations) {
  if (std::holds_alternative<finding::mask>(found.what)) return take_mask(found, observations);
  unmask(found.id);
  if (auto const by = mask_of(found.id)) return take_masked(found, *by, observations);
  if (std::holds_alternative<finding::absent>(found.what))
    return take_absence(found, when, observations);
  missing_.erase(found.id);
  auto& known = known_[found.id];
  move_to(known, found);
  known.unmounted = false;
  if (auto* const file = std::get_if<whole_file>(&found.what))
    return take_bytes(found, *file, when, observations);
  if (auto* const why = std::get_if<error>(&found.what)) {
    known.empty.reset();
    emptied_.erase(found.id);
    block(found, std::move(*why), observations);
  }
  return outcome::settled;
}

/// Records why the source cannot be used now, and reports it unless that is known.
void ledger::block(finding const& found, error why, std::vector<observation>& observations) {
  auto& known = known_.at(found.id);
  known.identity = found.identity;
  if (known.blocked == why) return;
  known.blocked = why;
  observations.push_back({.id = found.id,
                          .path = path_of(found.id),
                          .identity = found.identity,
                          .what = observation::blocked{std::move(why)}});
}

bool ledger::loses_values(source_id const& id, state const& known) const {
  return known.filled && may_be_empty(id) && (!is_good_ || is_good_(id));
}

/// What to do about a file that has become empty; nullopt: report it.
std::optional<ledger::outcome> ledger::take_emptiness(finding const& found,
                                                      file_identity const& identity,
                                                      circumstances const& when,
                                                      std::vector<observation>& observations) {
  auto& known = known_.at(found.id);
  bool const is_second = known.empty && known.empty->identity == identity;
  known.empty =
      state::emptiness{.identity = identity, .since = known.empty ? known.empty->since : when.now};
  auto const until = known.empty->since + emptied_wait_;
  if (when.now < until && loses_values(found.id, known)) {
    // At a start the values of the last run stay: there is no need to look twice.
    if (when.now < known.empty->since + when.grace) return outcome::again;
    emptied_.insert_or_assign(found.id, until);
    block(found, why_emptied(path_of(found.id), emptied_wait_), observations);
    return outcome::settled;
  }
  emptied_.erase(found.id);
  if (!is_second) return outcome::again;
  return std::nullopt;
}

ledger::outcome ledger::take_bytes(finding& found, whole_file& file, circumstances const& when,
                                   std::vector<observation>& observations) {
  auto& known = known_.at(found.id);
  bool const all = when.how_far == source_watcher::depth::all;
  bool const same_bytes = known.hash == file.hash;
  if (file.bytes.empty() && !same_bytes) {
    if (auto const waits = take_emptiness(found, file.identity, when, observations)) return *waits;
  }
  known.empty.reset();
  emptied_.erase(found.id);
  bool const same_file = known.identity == file.identity && !known.blocked;
  known.identity = file.identity;
  known.hash = file.hash;
  known.filled = !file.bytes.empty();
  known.blocked.reset();
  if (same_bytes && same_file && !all) return outcome::settled;
  observations.push_back({.id = found.id,
                          .path = path_of(found.id),
                          .identity = file.identity,
                          .what = observation::touched{}});
  if (!same_bytes || all)
    observations.back().what = observation::content{
        .bytes = std::move(file.bytes), .hash = file.hash, .document = std::move(found.document)};
  return outcome::settled;
}

ledger::outcome ledger::take_absence(finding const& found, circumstances const& when,
                                     std::vector<observation>& observations) {
  auto const known = known_.find(found.id);
  if (known == known_.end()) return outcome::settled;
  known->second.empty.reset();
  emptied_.erase(found.id);
  if (known->second.unmounted) {
    error const why{.code = errc::not_found,
                    .message = "the file system of this file is no longer mounted",
                    .subject = path_of(found.id)};
    if (known->second.blocked != why) {
      known->second.blocked = why;
      observations.push_back({.id = found.id,
                              .path = path_of(found.id),
                              .identity = {},
                              .what = observation::blocked{why}});
    }
    return outcome::settled;
  }
  missing_.emplace(found.id, when.now + when.grace);
  if (when.grace.count() > 0) return outcome::missing;
  report_gone(found.id, observations);
  return outcome::settled;
}

std::vector<source_id> ledger::overdue(time now) const {
  std::vector<source_id> ids;
  for (auto const& [id, until] : missing_) {
    if (until <= now) ids.push_back(id);
  }
  return ids;
}

std::optional<ledger::time> ledger::next_overdue() const {
  std::optional<time> next;
  for (auto const& [id, until] : missing_)
    next = next ? std::min(*next, until) : until;
  return next;
}

std::vector<source_id> ledger::take_due_emptied(time now, time again) {
  std::vector<source_id> ids;
  for (auto& [id, until] : emptied_) {
    if (until > now) continue;
    ids.push_back(id);
    until = again;
  }
  return ids;
}

std::optional<ledger::time> ledger::next_emptied() const {
  std::optional<time> next;
  for (auto const& [id, until] : emptied_)
    next = next ? std::min(*next, until) : until;
  return next;
}

void ledger::postpone(source_id const& id, time until) {
  auto const found = missing_.find(id);
  if (found != missing_.end()) found->second = std::max(found->second, until);
}

void ledger::report_gone(source_id const& id, std::vector<observation>& observations) {
  missing_.erase(id);
  auto const known = known_.find(id);
  if (known == known_.end()) return;
  forget_link(known->second);
  known_.erase(known);
  observations.push_back(
      {.id = id, .path = path_of(id), .identity = {}, .what = observation::gone{}});
}

void ledger::unmounted(std::string const& directory) {
  for (auto& [id, known] : known_) {
    if (location(id).starts_with(directory + '/')) known.unmounted = true;
  }
}

void ledger::forget_unmounts() {
  for (auto& [id, known] : known_)
    known.unmounted = false;
}

} // namespace cfgd::watchers
