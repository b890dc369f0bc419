#include "ipc/usage.hpp"

#include "ipc/interface_table.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

// Reactions come in this order, and each works on the user who causes the need:
//
//  - pause: from three quarters of a user's maximum on, nothing is read from its connections and
//    its streams wait until their client has read;
//  - refuse: a reply that would go over the maximum becomes an error;
//  - close: if nine tenths of the whole are in use all the same, the largest connection of the
//    largest user ends, and again until it is less.
//
// The maximum is a fixed one as long as there is enough, so that a single user can use the service
// well. Above three quarters of the whole it is a share of what is left. So a user never takes
// all that is free, and who comes late always finds something: closing keeps a tenth free.
//
// Privileged users (root, the daemon's own) may have the whole, with a reserve that nobody else
// can take, and are closed only if no other user has anything to give.

namespace cfgd::ipc {

namespace {

/// A user may always have this, whatever others have: a request and its reply of usual size.
constexpr std::size_t always_allowed = 64 * std::size_t{1024};

/// Users whose refusals are counted; of more, who was refused least is forgotten.
constexpr std::size_t most_refused_users = 64;

constexpr std::size_t part(std::size_t of, std::size_t numerator, std::size_t denominator) {
  return of / denominator * numerator;
}

std::string user_scope(uid_t uid) { return "user " + std::to_string(uid); }

} // namespace

std::optional<excess> usage::refuse_connection(uid_t uid, bool privileged) {
  auto const found = accounts_.find(uid);
  auto const used = found == accounts_.end() ? 0 : found->second.connections;
  auto const for_uid = uid == 0 ? bounds_.connections_of_root : bounds_.connections_per_uid;
  auto const reserved = std::min(bounds_.reserved_connections, bounds_.connections / 4);
  // What privileged users have takes the reserve first.
  auto const kept = privileged ? 0 : reserved - std::min(reserved, privileged_connections_);
  auto const for_all = bounds_.connections - kept;
  std::optional<excess> why;
  if (used >= for_uid)
    why = {user_scope(uid), uid == 0 ? "connections_of_root" : "connections_per_uid", used,
           for_uid};
  else if (connections_ >= for_all)
    why = {"all users", "connections", connections_, for_all};
  if (why) note_refusal(uid);
  return why;
}

void usage::connected(uid_t uid, bool privileged) {
  auto& of = accounts_[uid];
  // The first connection decides, so that what is counted is taken off again.
  if (of.connections++ == 0) of.privileged = privileged;
  ++connections_;
  if (of.privileged) ++privileged_connections_;
}

void usage::disconnected(uid_t uid, held_bytes const& last) {
  change(uid, last, {});
  auto const found = accounts_.find(uid);
  BOOST_ASSERT(found != accounts_.end());
  --connections_;
  if (found->second.privileged) --privileged_connections_;
  if (--found->second.connections == 0) accounts_.erase(found);
}

void usage::change(uid_t uid, held_bytes const& before, held_bytes const& now) {
  if (before == now) return;
  auto const found = accounts_.find(uid);
  BOOST_ASSERT(found != accounts_.end());
  auto& of = found->second;
  bool const had = of.bytes.sum() > 0;
  replace(of.bytes, before, now);
  replace(all_, before, now);
  peak_ = std::max(peak_, all_.sum());
  if (of.privileged) return replace(privileged_, before, now);
  bool const has = of.bytes.sum() > 0;
  if (has && !had) ++users_with_bytes_;
  if (had && !has) --users_with_bytes_;
}

void usage::replace(held_bytes& in, held_bytes const& before, held_bytes const& now) {
  in.read = in.read - before.read + now.read;
  in.called = in.called - before.called + now.called;
  in.queued = in.queued - before.queued + now.queued;
}

std::size_t usage::whole() const {
  auto const reserved = std::min(bounds_.reserved_buffer_bytes, bounds_.buffer_bytes / 4);
  auto const taken = std::max(reserved, privileged_.sum());
  return bounds_.buffer_bytes - std::min(taken, bounds_.buffer_bytes);
}

std::size_t usage::maximum_of(uid_t uid) const {
  auto const found = accounts_.find(uid);
  if (found != accounts_.end() && found->second.privileged) return bounds_.buffer_bytes;
  auto const own = found == accounts_.end() ? 0 : found->second.bytes.sum();
  auto const used = all_.sum() - privileged_.sum();
  auto const limit = std::max(std::min(bounds_.buffer_bytes_per_uid, whole()), always_allowed);
  if (used <= part(whole(), 3, 4)) return limit;
  auto const free = whole() - std::min(used, whole());
  return std::clamp((own + free) / (users_with_bytes_ + 1), always_allowed, limit);
}

bool usage::is_above(uid_t uid, std::size_t numerator, std::size_t denominator) const {
  if (all_.sum() <= always_allowed) return false; // mostly
  auto const found = accounts_.find(uid);
  if (found == accounts_.end()) return false;
  auto const own = found->second.bytes.sum();
  return own > always_allowed && own > part(maximum_of(uid), numerator, denominator);
}

bool usage::pauses(uid_t uid) const { return is_above(uid, 3, 4); }

bool usage::may_resume(uid_t uid) const { return !is_above(uid, 1, 2); }

bool usage::mostly_reads(uid_t uid) const {
  auto const found = accounts_.find(uid);
  return found != accounts_.end() && found->second.bytes.read > found->second.bytes.queued;
}

std::optional<excess> usage::refuse_reply(uid_t uid, held_bytes const& held, std::size_t bytes) {
  std::optional<excess> why;
  auto const own = of(uid).bytes.sum();
  if (auto const most = maximum_of(uid); own + bytes > most)
    why = {user_scope(uid), "buffer_bytes_per_uid", own + bytes, most};
  else if (held.sum() + bytes > bounds_.buffer_bytes_per_connection)
    why = {"connection", "buffer_bytes_per_connection", held.sum() + bytes,
           bounds_.buffer_bytes_per_connection};
  else if (all_.sum() + bytes > bounds_.buffer_bytes)
    why = {"all users", "buffer_bytes", all_.sum() + bytes, bounds_.buffer_bytes};
  if (why) note_refusal(uid);
  return why;
}

void usage::note_refusal(uid_t uid) {
  auto const by_count = [](auto const& one, auto const& other) {
    return one.second < other.second;
  };
  if (refusals_.size() >= most_refused_users && !refusals_.contains(uid))
    refusals_.erase(std::min_element(refusals_.begin(), refusals_.end(), by_count));
  ++refusals_[uid];
}

std::uint64_t usage::refusals_of(uid_t uid) const {
  auto const found = refusals_.find(uid);
  return found == refusals_.end() ? 0 : found->second;
}

std::optional<uid_t> usage::most_refused() const {
  auto const by_count = [](auto const& one, auto const& other) {
    return one.second < other.second;
  };
  auto const most = std::max_element(refusals_.begin(), refusals_.end(), by_count);
  return most == refusals_.end() ? std::nullopt : std::optional(most->first);
}

std::optional<uid_t> usage::to_close() const {
  auto const used = all_.sum() - privileged_.sum();
  if (used <= part(whole(), 9, 10) && all_.sum() <= bounds_.buffer_bytes) return std::nullopt;
  // Whoever is not privileged comes first, then who has most.
  auto const rank = [](auto const& one) {
    return std::pair(!one.second.privileged && one.second.bytes.sum() > always_allowed,
                     one.second.bytes.sum());
  };
  auto const largest =
      std::max_element(accounts_.begin(), accounts_.end(),
                       [&](auto const& one, auto const& other) { return rank(one) < rank(other); });
  if (largest == accounts_.end() || largest->second.bytes.sum() <= always_allowed)
    return std::nullopt;
  if (largest->second.privileged && all_.sum() <= bounds_.buffer_bytes) return std::nullopt;
  return largest->first;
}

usage::account usage::of(uid_t uid) const {
  auto const found = accounts_.find(uid);
  auto one = found == accounts_.end() ? account{} : found->second;
  one.refused = refusals_of(uid);
  return one;
}

void usage::each(std::function<void(uid_t, account const&)> const& visit) const {
  for (auto const& [uid, one] : accounts_)
    visit(uid, of(uid));
}

std::string limit_parameters(excess const& what) {
  auto text = limit_parameters(what.limit, what.used, what.maximum);
  text.insert(1, R"("scope":")" + what.scope + R"(",)");
  return text;
}

} // namespace cfgd::ipc
