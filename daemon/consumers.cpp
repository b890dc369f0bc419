#include "daemon/consumers.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "core/text.hpp"
#include "daemon/state_stream.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

// A consumer has applied revision R if it has acknowledged R or a later one; or if all its watches
// were sent everything up to R and it has acknowledged the last revision that it was sent something
// of. So a consumer that a revision does not concern need not acknowledge it, and one whose watch
// lags or is gone is never taken for one that has nothing to do.
//
// A wait keeps the names that are left, and each consumer the numbers of its waits, so that an
// acknowledgement costs no more than the waits that it may end.

namespace cfgd {
namespace {

namespace bj = boost::json;

constexpr std::size_t message_bytes = 1024;

/// The beginning of a text that is not longer than a message, at a border of a character.
std::string beginning_of(std::string text) {
  if (text.size() <= message_bytes) return text;
  std::size_t end = message_bytes;
  while (end > 0 && (static_cast<unsigned char>(text.at(end)) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
  return text;
}

error limit_error(std::string_view name, std::size_t used, std::size_t maximum) {
  return {.code = errc::limit,
          .message = "too many consumers",
          .subject = std::string(name),
          .used = used,
          .maximum = maximum};
}

error foreign_name(std::string_view name, uid_t owner, uid_t uid) {
  std::string message("the consumer '");
  message.append(name).append("' belongs to user ").append(std::to_string(owner));
  return {.code = errc::denied,
          .message = message.append(", not to user ").append(std::to_string(uid))};
}

bool may_use(uid_t owner, uid_t uid) { return uid == owner || uid == 0; }

bool covers(std::vector<std::string> const& prefixes, consumers::permission const& may_read,
            std::string_view key_text) {
  return is_below(key_text, prefixes) && (!may_read || may_read(namespace_of(key_text)));
}

template <class T>
std::optional<T> number_in(bj::object const& of, std::string_view name) {
  auto const* const found = of.if_contains(name);
  if (found == nullptr || !found->is_int64() || found->get_int64() < 0) return std::nullopt;
  return static_cast<T>(found->get_int64());
}

std::string text_in(bj::object const& of, std::string_view name) {
  auto const* const found = of.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::vector<std::string> prefixes_in(bj::object const& of) {
  std::vector<std::string> list;
  auto const* const found = of.if_contains("prefixes");
  if (found == nullptr || !found->is_array()) return list;
  list.reserve(found->get_array().size());
  for (auto const& one : found->get_array())
    if (one.is_string()) list.emplace_back(one.get_string());
  return list;
}

bj::object to_record(std::string const& name, consumers::facts const& known) {
  bj::object out{{"name", name},
                 {"uid", known.uid},
                 {"applied", known.applied},
                 {"delivered", known.delivered},
                 {"since", known.since.time_since_epoch().count()}};
  if (!known.unit.empty()) out["unit"] = known.unit;
  if (known.prefixes.empty()) return out;
  bj::array list;
  list.reserve(known.prefixes.size());
  for (auto const& one : known.prefixes)
    list.emplace_back(one);
  out["prefixes"] = std::move(list);
  return out;
}

} // namespace

bool is_consumer_name(std::string_view text) {
  auto const is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 128 && is_word(text.front()) &&
         std::ranges::all_of(text, [&](char c) {
           return is_word(c) || c == '.' || c == '_' || c == '@' || c == ':' || c == '-';
         });
}

consumers::watch::~watch() { of_.end(name_, number_); }

void consumers::watch::sent(revision_number revision, content what, steady::time_point now) {
  auto* const mine = of_.find_watch(name_, number_);
  if (mine == nullptr) return;
  auto& one = of_.all_.find(name_)->second;
  mine->sent = revision;
  mine->is_delayed = false;
  if (what == content::some) {
    mine->content = revision;
    if (one.last_content) one.last_content = std::max(*one.last_content, revision);
  }
  one.known.delivered = std::max(one.known.delivered, revision);
  of_.note_progress(name_, one, now);
  of_.look_at_waits(name_);
}

void consumers::watch::delayed(steady::time_point now) {
  auto* const mine = of_.find_watch(name_, number_);
  if (mine == nullptr) return;
  mine->is_delayed = true;
  of_.note_progress(name_, of_.all_.find(name_)->second, now);
}

void consumers::watch::resumed(revision_number last, steady::time_point now) {
  auto* const mine = of_.find_watch(name_, number_);
  if (mine == nullptr) return;
  mine->resumed = last;
  auto& one = of_.all_.find(name_)->second;
  one.last_content = std::max({one.last_content.value_or(0), last, mine->content});
  of_.note_progress(name_, one, now);
  of_.look_at_waits(name_);
}

std::optional<revision_number> consumers::watch::unsure_after() const {
  auto const found = of_.all_.find(name_);
  if (found == of_.all_.end() || found->second.last_content) return std::nullopt;
  return found->second.known.applied;
}

result<void> consumers::check_new(std::string const& name, uid_t uid) const {
  if (!is_consumer_name(name))
    return error{.code = errc::bad_value,
                 .message = "not a valid name of a consumer: a letter or digit, then letters, "
                            "digits and . _ @ : -, 128 at most",
                 .subject = "consumer"};
  if (auto const known = all_.find(name); known != all_.end()) {
    if (may_use(known->second.known.uid, uid)) return {};
    return foreign_name(name, known->second.known.uid, uid);
  }
  if (all_.size() >= bounds_.consumers)
    return limit_error("consumers", all_.size(), bounds_.consumers);
  auto const own = static_cast<std::size_t>(
      std::ranges::count_if(all_, [uid](auto const& one) { return one.second.known.uid == uid; }));
  if (uid != 0 && own >= bounds_.consumers_per_uid)
    return limit_error("consumers_per_uid", own, bounds_.consumers_per_uid);
  return {};
}

result<std::shared_ptr<consumers::watch>> consumers::begin(std::string const& name, party who,
                                                           subscription what, moment at) {
  if (auto const allowed = check_new(name, who.uid); !allowed) return allowed.error();
  auto const known = all_.find(name);
  std::vector<std::string> prefixes = what.prefixes;
  if (known != all_.end() && known->second.known.is_watching) {
    // Together with what it watches already; no prefix stands for everything.
    auto const& others = known->second.known.prefixes;
    if (prefixes.empty() || others.empty())
      prefixes.clear();
    else
      prefixes.insert(prefixes.end(), others.begin(), others.end());
  }
  std::ranges::sort(prefixes);
  prefixes.erase(std::ranges::unique(prefixes).begin(), prefixes.end());
  if (prefixes.size() > bounds_.watch_prefixes)
    return limit_error("watch_prefixes", prefixes.size(), bounds_.watch_prefixes);

  auto& one = all_[name];
  if (known == all_.end()) one.known.uid = who.uid;
  if (!std::exchange(one.known.is_watching, true)) one.known.since = at.wall;
  one.known.pid = who.pid;
  one.known.prefixes = std::move(prefixes);
  one.may_read = what.may_read;
  auto const number = ++last_number_;
  auto const sent = what.after.value_or(0);
  // Whoever begins anew gets the state, which counts. Of what somebody resumes from it is known
  // here, or not any more, whether it was all acknowledged.
  if (!what.after && !one.last_content) one.last_content = 0;
  auto const resumed = std::min(sent, one.last_content.value_or(sent));
  one.known.delivered = std::max(one.known.delivered, sent);
  one.open.emplace(number, open_watch{.what = std::move(what), .sent = sent, .resumed = resumed});
  note_progress(name, one, at.now);
  changed_ = true;
  return std::make_shared<watch>(*this, name, number);
}

void consumers::set_unit(std::string_view name, pid_t pid, std::string unit) {
  auto const found = all_.find(name);
  if (found == all_.end() || found->second.known.pid != pid) return;
  changed_ |= found->second.known.unit != unit;
  found->second.known.unit = std::move(unit);
}

consumers::open_watch* consumers::find_watch(std::string_view name, std::uint64_t number) {
  auto const found = all_.find(name);
  if (found == all_.end()) return nullptr; // it was forgotten meanwhile
  auto const at = found->second.open.find(number);
  return at == found->second.open.end() ? nullptr : &at->second;
}

void consumers::end(std::string_view name, std::uint64_t number) {
  if (find_watch(name, number) == nullptr) return;
  auto& one = all_.find(name)->second;
  one.open.erase(number);
  if (one.open.empty()) {
    one.known.is_watching = false;
    one.known.since = wall_now();
    one.known.pid.reset();
    one.behind_since.reset();
    if (std::exchange(one.is_late, false)) recovered_.emplace(name);
  } else {
    std::vector<std::string> left;
    for (auto const& [other, watched] : one.open)
      left.insert(left.end(), watched.what.prefixes.begin(), watched.what.prefixes.end());
    if (std::ranges::any_of(one.open,
                            [](auto const& each) { return each.second.what.prefixes.empty(); }))
      left.clear();
    std::ranges::sort(left);
    left.erase(std::ranges::unique(left).begin(), left.end());
    one.known.prefixes = std::move(left);
  }
  changed_ = true;
}

result<void> consumers::acknowledge(std::string_view name, party who, acknowledgement what,
                                    moment at) {
  auto const found = all_.find(name);
  if (found == all_.end())
    return error{
        .code = errc::not_found, .message = "no such consumer", .subject = std::string(name)};
  auto& one = found->second;
  auto& known = one.known;
  if (!may_use(known.uid, who.uid)) return foreign_name(name, known.uid, who.uid);
  auto const most = std::max(known.delivered, one.sent_before);
  if (what.revision > most)
    return error{.code = errc::conflict,
                 .message = "the revision was not sent to the consumer",
                 .subject = std::string(name),
                 .used = most};
  if (!what.ok) {
    known.failed = failure{what.revision, beginning_of(std::move(what.message)), at.wall};
  } else {
    if (known.failed && known.failed->revision <= what.revision) known.failed.reset();
    changed_ |= what.revision > known.applied;
    known.applied = std::max(known.applied, what.revision);
    known.delivered = std::max(known.delivered, what.revision);
  }
  // It works: from here on it has its time again.
  one.behind_since.reset();
  if (std::exchange(one.is_late, false)) recovered_.emplace(name);
  note_progress(name, one, at.now);
  look_at_waits(name);
  return {};
}

void consumers::note_progress(std::string_view name, entry& one, steady::time_point now) {
  // A revision that it could not apply was answered, too: a failure is not a lag.
  auto const& failed = one.known.failed;
  auto const answered = std::max(one.known.applied, failed ? failed->revision : 0);
  bool const is_behind = std::ranges::any_of(one.open, [&](auto const& each) {
    return each.second.is_delayed || each.second.last_content() > answered;
  });
  if (is_behind && !one.behind_since) one.behind_since = now;
  if (is_behind) return;
  one.behind_since.reset();
  if (std::exchange(one.is_late, false)) recovered_.emplace(name);
}

consumers::facts const* consumers::find(std::string_view name) const {
  auto const found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second.known;
}

void consumers::each(
    std::function<void(std::string const& name, facts const&)> const& visit) const {
  for (auto const& [name, one] : all_)
    visit(name, one.known);
}

void consumers::forget(std::string_view name) {
  auto const found = all_.find(name);
  if (found == all_.end()) return;
  if (found->second.is_late) recovered_.emplace(name);
  auto const waited_by = std::move(found->second.waited_by);
  all_.erase(found);
  changed_ = true;
  drop_from_waits(name, waited_by);
}

// Waiting

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

std::vector<std::string> consumers::concerned_by(change const* what,
                                                 permission const& may_read) const {
  std::vector<std::string> names;
  names.reserve(all_.size());
  for (auto const& [name, one] : all_)
    if (what == nullptr || is_concerned(one, *what, may_read)) names.push_back(name);
  return names;
}

result<std::uint64_t> consumers::wait(wanted what, answer then) {
  if (what.by) {
    auto const own = static_cast<std::size_t>(std::ranges::count_if(
        waits_, [&](auto const& one) { return one.second.what.by == what.by; }));
    if (own >= bounds_.waits_per_uid) {
      auto refused = limit_error("waits_per_uid", own, bounds_.waits_per_uid);
      refused.message = "too many calls wait";
      return refused;
    }
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
  return now - *found->second.behind_since;
}

std::optional<consumers::steady::time_point> consumers::next_late(steady::duration limit) const {
  std::optional<steady::time_point> first;
  for (auto const& [name, one] : all_) {
    if (!one.behind_since || one.is_late) continue;
    auto const when = *one.behind_since + limit;
    if (!first || when < *first) first = when;
  }
  return first;
}

std::vector<std::string> consumers::take_late(steady::duration limit, steady::time_point now) {
  std::vector<std::string> names;
  for (auto& [name, one] : all_) {
    if (!one.behind_since || one.is_late || *one.behind_since + limit > now) continue;
    one.is_late = true;
    recovered_.erase(name);
    names.push_back(name);
  }
  return names;
}

std::vector<std::string> consumers::take_recovered() {
  std::vector<std::string> names(recovered_.begin(), recovered_.end());
  recovered_.clear();
  return names;
}

// Keeping them on disk

std::string consumers::encode() const {
  std::string out("[");
  for (auto const& [name, one] : all_) {
    if (out.size() > 1) out += ',';
    json::append_canonical(out, to_record(name, one.known));
  }
  return out += ']';
}

void consumers::load(std::string_view record, revision_number current) {
  auto const parsed = json::parse(record);
  if (!parsed || !parsed->is_array()) return;
  for (auto const& each : parsed->get_array()) {
    auto const* const one = each.if_object();
    if (one == nullptr) continue;
    auto const name = text_in(*one, "name");
    auto const uid = number_in<uid_t>(*one, "uid");
    if (!is_consumer_name(name) || !uid) continue;
    auto& made = all_[name];
    made.sent_before = current;
    made.known.uid = *uid;
    made.known.unit = text_in(*one, "unit");
    made.known.prefixes = prefixes_in(*one);
    // A store that went back to a copy has had later revisions.
    made.known.applied = std::min(number_in<revision_number>(*one, "applied").value_or(0), current);
    made.known.delivered = std::clamp(number_in<revision_number>(*one, "delivered").value_or(0),
                                      made.known.applied, current);
    made.known.since =
        wall_time(std::chrono::milliseconds(number_in<std::int64_t>(*one, "since").value_or(0)));
  }
}

} // namespace cfgd
