/// Debouncing.
///
/// One save causes many events: a temporary file, a truncation, writes, a close, a rename. Only the
/// state after the last one counts. So each subject has a time when it is ready (after a quiet
/// period, or late) and a time when it no longer waits for the others. The group is released when
/// all of it is ready, or when one member has waited for too long; then all ready ones are
/// released.
///
/// A file that a process has open for writing may be incomplete however long there is no event: a
/// writer may take any time between a truncation and a write. It is ready when it is closed. For a
/// writer that keeps the file open, and for truncate(2), which closes nothing, it is ready after
/// `open`.
///
/// Reading ahead: most subjects that have been quiet for most of the quiet period stay so. A file
/// that is written all the time is not read ahead more often than it could have been released.
///
/// Few subjects settle at a time, so every function walks all of them.
#include "watchers/settle.hpp"

#include <algorithm>

namespace cfgd::watchers {

using namespace std::chrono_literals;

void settle::note(std::string_view subject, sign what, time now) {
  auto found = pending_.find(subject);
  if (found == pending_.end()) {
    state const fresh{.first = now, .last = now};
    found = pending_.emplace(std::string(subject), fresh).first;
  }
  state& which = found->second;
  which.last = now;
  which.again = false;
  if (what == sign::written) which.open = true;
  if (what == sign::written || what == sign::closed) which.written = true;
  if (what == sign::closed || what == sign::replaced) which.open = false;
}

void settle::put_back(std::string_view subject, time first, time since) {
  auto const found = pending_.find(subject);
  if (found == pending_.end()) {
    pending_.emplace(std::string(subject), state{.first = first, .last = since, .again = true});
  } else {
    found->second.first = std::min(found->second.first, first);
  }
}

void settle::lose_track() {
  for (auto& [subject, which] : pending_)
    which.open = false;
}

settle::time settle::ready_at(state const& which) const {
  if (which.open) return which.last + how_.open;
  // With the rule below, a late subject that was put back would be ready at once, for ever.
  if (which.again) return which.last + std::max(how_.quiet, 1ms);
  return std::min(which.last + how_.quiet, which.first + how_.late);
}

settle::time settle::forced_at(state const& which) const {
  auto const ready = ready_at(which);
  if (which.open || which.again) return ready;
  return std::max(ready,
                  std::min(which.last + how_.quiet + how_.together, which.first + how_.late));
}

std::optional<settle::time> settle::next() const {
  if (pending_.empty()) return std::nullopt;
  std::optional<time> all_ready;
  time first_forced = time::max();
  for (auto const& [subject, which] : pending_) {
    // A subject that was put back has been in a group before: the others do not wait for it.
    if (!which.again) all_ready = std::max(all_ready.value_or(time::min()), ready_at(which));
    first_forced = std::min(first_forced, forced_at(which));
  }
  return std::min(all_ready.value_or(time::max()), first_forced);
}

std::optional<settle::time> settle::ahead_at(state const& which) const {
  if (how_.ahead == 0ms || which.open || which.again) return std::nullopt;
  auto at = which.last + how_.ahead;
  if (which.ahead) {
    if (*which.ahead >= which.last) return std::nullopt;
    at = std::max(at, *which.ahead + how_.quiet);
  }
  if (at >= ready_at(which)) return std::nullopt;
  return at;
}

std::optional<settle::time> settle::next_ahead() const {
  std::optional<time> first;
  for (auto const& [subject, which] : pending_)
    if (auto const at = ahead_at(which); at && (!first || *at < *first)) first = at;
  return first;
}

std::vector<std::string> settle::take_ahead(time now) {
  std::vector<std::string> subjects;
  for (auto& [subject, which] : pending_) {
    auto const at = ahead_at(which);
    if (!at || *at > now) continue;
    which.ahead = now;
    subjects.push_back(subject);
  }
  return subjects;
}

std::vector<settle::released> settle::take(time now) {
  auto const due = next();
  std::vector<released> group;
  if (!due || *due > now) return group;
  std::erase_if(pending_, [&](auto const& entry) {
    if (ready_at(entry.second) > now) return false;
    group.push_back(release(entry.first, entry.second, now));
    return true;
  });
  return group;
}

settle::released settle::release(std::string const& subject, state const& which, time now) const {
  return {.subject = subject,
          .first = which.first,
          .written = which.written,
          .late = now < which.last + how_.quiet || now >= which.first + how_.late};
}

std::vector<settle::released> settle::take_closed(time now) {
  std::vector<released> group;
  std::erase_if(pending_, [&](auto const& entry) {
    if (entry.second.open) return false;
    group.push_back(release(entry.first, entry.second, now));
    return true;
  });
  return group;
}

std::unordered_set<std::string> settle::subjects() const {
  std::unordered_set<std::string> names;
  for (auto const& [subject, which] : pending_)
    names.insert(subject);
  return names;
}

} // namespace cfgd::watchers
