#include "core/key.hpp"
#include "daemon/consumers.hpp"
#include "daemon/state_stream.hpp"

#include <algorithm>
#include <utility>

// Who has applied what, and who waits for it. A wait keeps the names that are left, and each
// consumer the numbers of its waits, so that an acknowledgement costs no more than the waits that
// it may end.

namespace cfgd {
namespace {

bool covers(std::vector<std::string> const& prefixes, consumers::permission const& may_read,
            std::string_view key_text) {
  return is_below(key_text, prefixes) && (!may_read || may_read(namespace_of(key_text)));
}

} // namespace

bool consumers::has_applied(entry const& one, revision_number revision) {
  if (one.known.applied >= revision) return true;
  return !one.open.empty() && std::ranges::all_of(one.open, [&](auto const& each) {
    auto const& watched = each.second;
    return watched.sent >= revision && watched.last_content() <= one.known.applied;
  });
}

bool consumers::has_applied(std::string_view name, revision_number revision) const {
  auto const found = all_.find(name);
  return found != all_.end() && has_applied(found->second, revision);
}

bool consumers::is_concerned(entry const& one, change const& what, permission const& may_read) {
  return std::ranges::any_of(what.keys, [&](key_change const& changed) {
    if (may_read && !may_read(namespace_of(changed.key))) return false;
    if (one.open.empty()) return covers(one.known.prefixes, one.may_read, changed.key);
    return std::ranges::any_of(one.open, [&](auto const& each) {
      return covers(each.second.what.prefixes, each.second.what.may_read, changed.key);
    });
  });
}

bool consumers::counts_for(uid_t owner, uid_t caller) {
  return owner == caller || !is_login_user(owner);
}

std::vector<std::string> consumers::concerned_by(change const* what, permission const& may_read,
                                                 uid_t caller) const {
  std::vector<std::string> names;
  names.reserve(all_.size());
  for (auto const& [name, one] : all_)
    if (counts_for(one.known.uid, caller) &&
        (what == nullptr || is_concerned(one, *what, may_read)))
      names.push_back(name);
  return names;
}

result<std::uint64_t> consumers::wait(wanted what, answer then) {
  if (what.by) {
    auto const own = static_cast<std::size_t>(std::ranges::count_if(
        waits_, [&](auto const& one) { return one.second.what.by == what.by; }));
    if (own >= bounds_.waits_per_uid)
      return error{.code = errc::limit,
                   .message = "too many calls wait for consumers",
                   .subject = "waits_per_uid",
                   .used = own,
                   .maximum = bounds_.waits_per_uid};
  }
  std::set<std::string, std::less<>> left;
  bool has_failed = false;
  for (auto const& name : what.names) {
    auto const found = all_.find(name);
    if (found == all_.end() || has_applied(found->second, what.revision)) continue;
    auto const& failed = found->second.known.failed;
    has_failed |= failed && failed->revision >= what.revision;
    left.insert(name);
  }
  auto const number = ++last_number_;
  for (auto const& name : left)
    all_.find(name)->second.waited_by.insert(number);
  bool const is_over = left.empty() || has_failed;
  waits_.emplace(number, waiting{std::move(what), std::move(left), std::move(then)});
  if (is_over) finish(number, !has_failed);
  return number;
}

void consumers::finish(std::uint64_t number, bool applied) {
  auto done = waits_.extract(number);
  outcome made{.applied = applied};
  made.waiting.reserve(done.mapped().names.size());
  for (auto const& name : done.mapped().names) {
    if (auto const found = all_.find(name); found != all_.end())
      found->second.waited_by.erase(number);
    made.waiting.push_back(name);
  }
  done.mapped().then(made);
}

void consumers::cancel(std::uint64_t wait) {
  auto const done = waits_.extract(wait);
  if (!done) return;
  for (auto const& name : done.mapped().names)
    if (auto const found = all_.find(name); found != all_.end())
      found->second.waited_by.erase(wait);
}

void consumers::look_at_waits(std::string_view name) {
  auto const found = all_.find(name);
  if (found == all_.end() || found->second.waited_by.empty()) return;
  std::set<std::uint64_t> applied;
  std::vector<std::uint64_t> failed;
  auto const& one = found->second;
  for (auto const number : one.waited_by) {
    auto const revision = waits_.at(number).what.revision;
    if (has_applied(one, revision))
      applied.insert(number);
    else if (one.known.failed && one.known.failed->revision >= revision)
      failed.push_back(number);
  }
  for (auto const number : applied)
    found->second.waited_by.erase(number);
  // What is called back may wait anew or forget a consumer, so nothing of it is used afterwards.
  std::string const whose(name);
  for (auto const number : failed)
    if (waits_.contains(number)) finish(number, false);
  drop_from_waits(whose, applied);
}

void consumers::drop_from_waits(std::string_view name, std::set<std::uint64_t> const& numbers) {
  std::string const whose(name);
  for (auto const number : numbers) {
    auto const at = waits_.find(number);
    if (at == waits_.end()) continue;
    at->second.names.erase(whose);
    if (at->second.names.empty()) finish(number, true);
  }
}

void consumers::end_overdue(steady::time_point now) {
  std::vector<std::uint64_t> over;
  for (auto const& [number, one] : waits_)
    if (one.what.until && *one.what.until <= now) over.push_back(number);
  for (auto const number : over)
    if (waits_.contains(number)) finish(number, false);
}

std::optional<consumers::steady::time_point> consumers::next_end() const {
  std::optional<steady::time_point> first;
  for (auto const& [number, one] : waits_)
    if (one.what.until && (!first || *one.what.until < *first)) first = one.what.until;
  return first;
}

// Watching over it

consumers::count consumers::counts(steady::time_point now) const {
  count all;
  for (auto const& [name, one] : all_) {
    ++(one.known.is_watching ? all.watching : all.absent);
    if (is_login_user(one.known.uid)) continue;
    if (one.known.failed) ++all.failed;
    if (!one.behind_since) continue;
    ++all.behind;
    all.longest =
        std::max(all.longest,
                 std::chrono::duration_cast<std::chrono::milliseconds>(now - *one.behind_since));
  }
  return all;
}

std::optional<consumers::steady::duration> consumers::lag(std::string_view name,
                                                          steady::time_point now) const {
  auto const found = all_.find(name);
  if (found == all_.end() || !found->second.behind_since) return std::nullopt;
  if (is_login_user(found->second.known.uid)) return std::nullopt;
  return now - *found->second.behind_since;
}

std::optional<consumers::steady::time_point> consumers::next_late(steady::duration limit) const {
  std::optional<steady::time_point> first;
  for (auto const& [name, one] : all_) {
    if (!one.behind_since || one.is_late || is_login_user(one.known.uid)) continue;
    auto const when = *one.behind_since + limit;
    if (!first || when < *first) first = when;
  }
  return first;
}

std::vector<std::string> consumers::take_late(steady::duration limit, steady::time_point now) {
  std::vector<std::string> names;
  names.reserve(all_.size());
  for (auto& [name, one] : all_) {
    if (!one.behind_since || one.is_late || *one.behind_since + limit > now) continue;
    if (is_login_user(one.known.uid)) continue;
    one.is_late = true;
    ++version_;
    recovered_.erase(name);
    names.push_back(name);
  }
  return names;
}

std::map<std::string, uid_t> consumers::take_recovered() { return std::exchange(recovered_, {}); }

bool consumers::has_trouble(uid_t uid, trouble what) const {
  return std::ranges::any_of(all_, [&](auto const& each) {
    auto const& one = each.second;
    return one.known.uid == uid &&
           (what == trouble::late ? one.is_late : one.known.failed.has_value());
  });
}

} // namespace cfgd
