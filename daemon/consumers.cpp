#include "daemon/consumers.hpp"

#include "daemon/asker.hpp"

#include <algorithm>
#include <utility>

// A consumer has applied revision R if it has acknowledged R or a later one; or if all its watches
// were sent everything up to R and it has acknowledged the last revision that it was sent something
// of. So a consumer that a revision does not concern need not acknowledge it, and one whose watch
// lags or is gone is never taken for one that has nothing to do.

namespace cfgd {
namespace {

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

} // namespace

// The ranges are those of systemd (UIDS-GIDS.md).
bool is_login_user(uid_t uid) {
  bool const is_dynamic = uid >= 61'184 && uid <= 65'519;
  return uid >= 1'000 && !is_dynamic && !is_privileged(uid);
}

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
  // Names stay when their programs have gone, so login users leave a quarter to the others.
  auto const most =
      is_login_user(uid) ? bounds_.consumers - bounds_.consumers / 4 : bounds_.consumers;
  if (all_.size() >= most) return limit_error("consumers", all_.size(), most);
  auto const own = static_cast<std::size_t>(
      std::ranges::count_if(all_, [uid](auto const& one) { return one.second.known.uid == uid; }));
  if (uid != 0 && own >= bounds_.consumers_per_uid)
    return limit_error("consumers_per_uid", own, bounds_.consumers_per_uid);
  return {};
}

result<std::shared_ptr<consumers::watch>> consumers::begin(std::string const& name, party who,
                                                           subscription what, moment at) {
  if (auto const allowed = check_new(name, who.uid); !allowed) return allowed.error();
  auto known = all_.find(name);
  if (known != all_.end() && who.uid == 0 && is_login_user(known->second.known.uid)) {
    forget(name);
    known = all_.end();
  }
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
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
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
    recover(name, one);
  } else {
    std::vector<std::string> left;
    for (auto const& [other, watched] : one.open)
      left.insert(left.end(), watched.what.prefixes.begin(), watched.what.prefixes.end());
    if (std::ranges::any_of(one.open,
                            [](auto const& each) { return each.second.what.prefixes.empty(); }))
      left.clear();
    std::ranges::sort(left);
    left.erase(std::unique(left.begin(), left.end()), left.end());
    one.known.prefixes = std::move(left);
    note_progress(name, one, steady::now()); // what was missing may have been this watch alone
  }
  changed_ = true;
  look_at_waits(name);
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
    ++version_;
    known.failed = failure{what.revision, beginning_of(std::move(what.message)), at.wall};
  } else {
    if (known.failed && known.failed->revision <= what.revision) {
      known.failed.reset();
      ++version_;
    }
    changed_ |= what.revision > known.applied;
    known.applied = std::max(known.applied, what.revision);
    known.delivered = std::max(known.delivered, what.revision);
  }
  // It works: from here on it has its time again.
  one.behind_since.reset();
  recover(name, one);
  note_progress(name, one, at.now);
  look_at_waits(name);
  return {};
}

void consumers::recover(std::string_view name, entry& one) {
  if (!std::exchange(one.is_late, false)) return;
  recovered_.emplace(name, one.known.uid);
  ++version_;
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
  recover(name, one);
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
  recover(name, found->second);
  if (found->second.known.failed) ++version_;
  auto const waited_by = std::move(found->second.waited_by);
  all_.erase(found);
  changed_ = true;
  drop_from_waits(name, waited_by);
}

} // namespace cfgd
