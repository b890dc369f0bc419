#include "daemon/watches.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

// Watchers are looked up by number: whatever waits (for the committer, for room in a queue) keeps
// the number and looks the watcher up again, because the peer may be gone by then.
//
// The message for a change is made once for all watchers with the same prefixes and the same rights
// to its namespaces and secrets, and they share its bytes. What each may see is asked anew for each
// change and watcher; only then is it looked whether the message for that is there.
//
// Nothing here works for long: a change goes to the watchers in slices of time, in their order, and
// the next change behind it; a state is sent one piece in a turn of its connection, each when the
// one before has been read. So a watcher that does not read costs one piece.

namespace cfgd {
namespace {

using permission = std::function<bool(std::string_view)>;

/// The parameters of the reply for a change; empty if no visible key of it is below the prefixes.
std::string render_change(change const& what, std::vector<std::string> const& prefixes,
                          permission const& may_see_secrets, permission const& may_read) {
  std::string values;
  std::string removed;
  key_change const* first = nullptr;
  for (auto const& one : what.keys) {
    if (!is_below(one.key, prefixes)) continue;
    if (!may_read(namespace_of(one.key))) continue;
    if (one.secret && !may_see_secrets(namespace_of(one.key))) continue;
    if (first == nullptr) first = &one;
    std::string& list = one.deleted() ? removed : values;
    if (!list.empty()) list += ',';
    json::append_string(list, one.key);
    if (!one.deleted()) list.append(1, ':').append(one.after);
  }
  if (first == nullptr) return {};
  std::string out = "{";
  if (!values.empty()) out.append("\"values\":{").append(values).append("},");
  if (!removed.empty()) out.append("\"removed\":[").append(removed).append("],");
  out += "\"origin\":";
  append_origin(out, origin_of(what, *first), what.time);
  out.append(",\"revision\":").append(std::to_string(what.revision)).append("}");
  return out;
}

/// The member of a reply that says whose revisions it has, and a comma.
void append_store(std::string& out, std::string const& store_id) {
  if (store_id.empty()) return;
  out += "\"storeId\":";
  json::append_string(out, store_id);
  out += ',';
}

std::string render_ready(std::string const& store_id, revision_number revision) {
  std::string out = "{";
  append_store(out, store_id);
  return out.append("\"ready\":true,\"revision\":").append(std::to_string(revision)).append("}");
}

/// The namespaces of a change, and whether it changes secrets in them.
std::map<std::string_view, bool> namespaces_in(change const& what) {
  std::map<std::string_view, bool> names;
  for (auto const& one : what.keys)
    names[namespace_of(one.key)] |= one.secret;
  return names;
}

/// More changes than this are not kept for watchers that have not been reached: they take them from
/// history.
constexpr std::size_t most_deliveries = 64;
/// Messages made for one change are kept up to this, and the one at hand.
constexpr std::size_t most_made_bytes = std::size_t{16} * 1024 * 1024;

/// The namespaces that a state needs; absent: all.
std::optional<view::names> names_for(std::vector<std::string> const& prefixes,
                                     permission const& may_read) {
  if (prefixes.empty()) return std::nullopt;
  view::names names;
  for (auto const& prefix : prefixes)
    if (may_read(namespace_of(prefix))) names.emplace(namespace_of(prefix));
  return names;
}

} // namespace

watches::watches(view& what, committer& reader, query_thread& history, limits const& bounds,
                 run_later later)
    : view_(what), committer_(reader), queries_(history), bounds_(bounds),
      later_(std::move(later)) {}

void watches::start(ipc::responder answer, subscription what) {
  number const mine = ++last_;
  feed next(what.after, view_.revision(), bounds_.history_revisions / 4);
  // A revision of another store may be one of this store, too, and mean something else.
  if (what.after && what.store_id.value_or(view_.store_id()) != view_.store_id())
    next.history_gone();
  std::stop_source gone;
  what.by.gone = gone.get_token();
  auto const below = prefixes_.try_emplace(std::exchange(what.prefixes, {})).first;
  ++below->second;
  watcher made{.answer = answer,
               .may_see_secrets = std::move(what.may_see_secrets),
               .may_read = std::move(what.may_read),
               .wants_hidden = what.wants_hidden,
               .by = std::move(what.by),
               .below = below,
               .consumer = std::move(what.consumer),
               .next = next};
  made.rights = rights_of(made);
  all_.emplace(mine, std::move(made));
  answer.on_closed([this, mine, gone]() mutable {
    if (auto const found = all_.find(mine); found != all_.end()) forget(found);
    gone.request_stop();
    queries_.drop_gone();
    committer_.drop_gone();
  });
  pump(mine);
}

void watches::forget(all_watchers::iterator which) {
  auto const below = which->second.below;
  all_.erase(which);
  if (--below->second > 0) return;
  // Another list may get its address.
  for (auto& one : deliveries_) {
    one.made.clear();
    one.last = nullptr;
  }
  prefixes_.erase(below);
}

bool watches::has_room(watcher const& who) const {
  return who.answer.queued_bytes() <= std::min(bounds_.reply_batch_bytes, bounds_.queue_soft_bytes);
}

void watches::on_change(std::shared_ptr<change const> what) {
  restart_slow_states();
  if (deliveries_.size() >= most_deliveries) {
    deliveries_.clear();
    what.reset();
  }
  std::map<std::string_view, bool> names;
  if (what) names = namespaces_in(*what);
  deliveries_.push_back({.what = std::move(what), .names = std::move(names)});
  if (!std::exchange(delivering_, true)) deliver();
}

void watches::deliver() {
  time_share const share;
  bool done = true;
  while (done && !deliveries_.empty()) {
    done = deliver(deliveries_.front(), share);
    if (done) deliveries_.pop_front();
  }
  delivering_ = !done;
  if (delivering_) later_([this] { deliver(); });
}

bool watches::deliver(delivery& to, time_share const& share) {
  auto const now = clock::now();
  // Nobody leaves while a watcher is sent something; between two turns of the loop they may.
  for (auto next = all_.upper_bound(to.reached); next != all_.end();) {
    to.reached = next->first;
    send_change(next->first, next->second, to, now);
    if (++next != all_.end() && share.is_over()) return false;
  }
  return true;
}

void watches::note_sent(watcher const& to, consumers::watch::content what) {
  if (to.consumer) to.consumer->sent(to.next.sent_up_to(), what, clock::now());
}

void watches::send_change(number which, watcher& to, delivery& one, clock::time_point now) {
  if (!one.what) return pump_later(which, to);
  auto const text = text_for(to, one);
  auto const revision = one.what->revision;
  bool const fits = !text || text->size() <= bounds_.reply_bytes;
  if (!fits || !to.next.take_live(revision, has_room(to))) {
    // A watcher that has begun, or read history, meanwhile has it already.
    if (to.consumer && text && to.next.sent_up_to() < revision) to.consumer->delayed(now);
    pump_later(which, to);
  } else if (!text) {
    to.next.note_silence(now);
    note_bookmark(to);
    note_sent(to, consumers::watch::content::none);
  } else {
    to.next.reply_sent(revision);
    to.answer.reply_continues(text);
    note_sent(to, consumers::watch::content::some);
  }
}

void watches::note_reader(ipc::responder answer) {
  if (!answer.alive()) return;
  if (readers_.size() >= bounds_.connections)
    std::erase_if(readers_, [](ipc::responder const& one) { return !one.alive(); });
  readers_.push_back(answer);
}

void watches::end_slow_readers() {
  while (!readers_.empty()) {
    auto const used = view_.old_text_bytes();
    if (used <= most_old_bytes()) return;
    auto const oldest = readers_.front();
    readers_.pop_front();
    fail(oldest, config_interface,
         {.code = errc::limit,
          .message = "the values have changed too often while the reply was read",
          .subject = "old_text_bytes",
          .used = used,
          .maximum = most_old_bytes()});
  }
}

ipc::shared_text watches::text_for(watcher const& who, delivery& of) const {
  of.seen.clear();
  for (auto const& [name, has_secrets] : of.names)
    of.seen += !who.may_read(name) ? '.' : has_secrets && who.may_see_secrets(name) ? '+' : '-';
  auto const* const prefixes = &who.prefixes();
  auto const made = [&]() -> ipc::shared_text {
    auto const text = render_change(*of.what, *prefixes, who.may_see_secrets, who.may_read);
    return text.empty() ? nullptr : ipc::make_shared_reply(text);
  };
  if (who.below->second == 1) return made();
  if (of.last != nullptr && of.last->first.first == prefixes && of.last->first.second == of.seen)
    return of.last->second;
  if (of.made_bytes > most_made_bytes) {
    of.made.clear();
    of.made_bytes = 0;
  }
  auto const [text, is_new] = of.made.try_emplace({prefixes, of.seen});
  of.last = &*text;
  if (is_new) text->second = made();
  if (is_new && text->second) of.made_bytes += text->second->size();
  return text->second;
}

void watches::restart_slow_states() {
  if (view_.old_text_bytes() <= most_old_bytes()) return;
  for (auto& [which, who] : all_) {
    if (!who.state || who.state_revision == view_.revision()) continue;
    who.state.reset();
    who.next.history_gone();
    pump_later(which, who);
  }
  end_slow_readers();
}

void watches::pump_later(number which, watcher const& who) {
  who.answer.on_turn([this, which] { pump(which); });
}

// A report that finds a full queue is dropped: the log has it, and the values that a watcher must
// have are not in it.
void watches::on_hidden(engine::hidden_values const& what, revision_number revision) {
  for (auto& [which, who] : all_) {
    if (!who.wants_hidden || who.next.is_sending_state() || !has_room(who)) continue;
    engine::hidden_values mine;
    for (auto const& one : what.listed)
      if (is_below(one.key, who.prefixes()) && who.may_read(namespace_of(one.key)))
        mine.listed.push_back(one);
    if (mine.listed.empty()) continue;
    std::string out = "{\"withoutEffect\":";
    append_hidden(out, mine, config_interface);
    out.append(",\"revision\":").append(std::to_string(revision)).append("}");
    who.answer.reply_continues(out);
  }
}

void watches::resync() {
  for (auto& [which, who] : all_) {
    who.state.reset();
    who.next.history_gone();
    pump_later(which, who);
  }
}

std::size_t watches::rights_of(watcher const& who) {
  auto const& prefixes = who.prefixes();
  std::string seen;
  for (auto const& name : view_.cache().namespaces()) {
    auto const concerns = [&](std::string const& prefix) { return namespace_of(prefix) == name; };
    if (!prefixes.empty() && std::ranges::none_of(prefixes, concerns)) continue;
    if (!who.may_read(name)) continue;
    seen += name;
    seen += view_.secrets_of(name) != nullptr && who.may_see_secrets(name) ? '+' : '-';
  }
  return std::hash<std::string>()(seen);
}

void watches::rights_changed() {
  rights_checked_ = 0;
  for (auto& [which, who] : all_)
    if (who.state) {
      who.state.reset();
      who.next.history_gone();
    }
}

bool watches::check_rights(std::size_t most) {
  std::vector<number> outdated;
  auto next = all_.upper_bound(rights_checked_);
  for (; next != all_.end() && most != 0; ++next, --most) {
    rights_checked_ = next->first;
    auto& who = next->second;
    auto const rights = rights_of(who);
    bool const differs = std::exchange(who.rights, rights) != rights;
    if (differs) {
      who.state.reset();
      who.next.history_gone();
    }
    if (differs || who.next.is_sending_state()) outdated.push_back(next->first);
  }
  bool const is_done = next == all_.end();
  for (number const which : outdated)
    pump(which);
  return is_done;
}

void watches::send_bookmarks(clock::time_point now) {
  if (!bookmark_ || *bookmark_ > now) return;
  bookmark_.reset();
  for (auto& [which, who] : all_) {
    if (auto const when = who.next.bookmark_due(); when && *when <= now && has_room(who)) {
      auto const revision = who.next.sent_up_to();
      who.next.reply_sent(revision);
      who.answer.reply_continues(one_number("revision", revision));
    }
    note_bookmark(who);
  }
}

// A watcher without room is not noted: the revision follows what its queue holds, or the changes
// that it fetches then.
void watches::note_bookmark(watcher const& who) {
  if (auto const when = who.next.bookmark_due(); when && (!bookmark_ || *when < *bookmark_))
    if (has_room(who)) bookmark_ = when;
}

void watches::pump(number which) {
  for (;;) {
    auto const found = all_.find(which);
    if (found == all_.end()) return;
    watcher& who = found->second;
    switch (who.next.next(view_.revision(), has_room(who))) {
    case feed::step::wait:
      if (!has_room(who)) pump_later(which, who);
      return;
    case feed::step::state:
      if (!who.state)
        ask_state(which);
      else if (who.answer.queued_bytes() == 0)
        send_state_piece(who);
      if (who.state) pump_later(which, who);
      if (who.next.is_sending_state()) return;
      break;
    case feed::step::history:
      ask_history(which);
      return;
    case feed::step::ready:
      who.answer.reply_continues(render_ready(view_.store_id(), who.next.sent_up_to()));
      who.next.reply_sent(who.next.sent_up_to());
      who.next.ready_sent();
      note_sent(who, consumers::watch::content::none);
      break;
    }
  }
}

void watches::ask_state(number which) {
  watcher& who = all_.at(which);
  if (who.state_asked) return;
  who.state_asked = true;
  auto const names = names_for(who.prefixes(), who.may_read);
  view_.with_texts(
      committer_, names,
      [this, which, names](view::texts const& texts) {
        auto const found = all_.find(which);
        if (found == all_.end()) return;
        watcher& asking = found->second;
        asking.state_asked = false;
        // Otherwise the rights have changed meanwhile, and it is asked for again.
        if (names_for(asking.prefixes(), asking.may_read) == names) begin_state(asking, texts);
        pump_later(which, asking);
      },
      [this, which](error const& why) {
        auto const found = all_.find(which);
        if (found == all_.end()) return;
        ipc::responder answer = found->second.answer;
        forget(found);
        fail(answer, config_interface, why);
      },
      who.by);
}

void watches::begin_state(watcher& of, view::texts const& texts) {
  auto const find = [this](std::string_view text, key const& which) {
    return view_.find_in(text, which);
  };
  of.state = std::make_unique<pieces>(
      std::make_unique<state_stream>(view_.reveal(texts, of.may_see_secrets, of.may_read),
                                     of.prefixes(), find),
      bounds_.reply_batch_bytes);
  of.state_revision = view_.revision();
}

void watches::send_state_piece(watcher& to) {
  auto const made = to.state->step(time_share());
  if (!made) return;
  auto const& values = made->items;
  bool const is_last = made->is_last;
  std::string out = "{";
  append_store(out, view_.store_id());
  if (!values.empty()) out.append("\"values\":{").append(values).append("},");
  if (to.next.is_resync()) out += "\"resync\":true,";
  if (is_last) out += "\"ready\":true,";
  out.append("\"revision\":").append(std::to_string(to.state_revision)).append("}");
  to.next.state_sent(to.state_revision, is_last ? feed::piece::last : feed::piece::more);
  if (is_last) to.state.reset();
  to.next.reply_sent(to.state_revision);
  to.answer.reply_continues(out);
  if (is_last) note_sent(to, consumers::watch::content::some);
}

void watches::ask_history(number which) {
  watcher& who = all_.at(which);
  auto const fetch = who.next.history_asked();
  queries_.ask(
      who.by,
      [after = who.next.sent_up_to(), bytes = bounds_.reply_batch_bytes](
          store::reading const& store) { return store.changes_after(after, bytes); },
      [this, which, fetch](result<engine::history_slice> const& slice) {
        take_history(which, fetch, slice);
      });
}

void watches::take_history(number which, std::uint64_t fetch,
                           result<engine::history_slice> const& slice) {
  auto const found = all_.find(which);
  if (found == all_.end()) return;
  watcher& who = found->second;
  if (!who.next.awaits_history(fetch)) return; // a resync began meanwhile
  if (!slice || slice->compacted || !send_slice(who, *slice)) {
    // History that is gone, or a change that is too long for a reply: the state replaces both.
    who.next.history_gone();
  }
  pump(which);
}

bool watches::send_slice(watcher& to, engine::history_slice const& slice) {
  auto const up_to = std::max(to.next.sent_up_to(), feed::sendable(slice, view_.revision()));
  for (auto const& one : slice.changes) {
    if (one->revision > up_to) break;
    std::string const text = render_change(*one, to.prefixes(), to.may_see_secrets, to.may_read);
    if (text.size() > bounds_.reply_bytes) return false;
    if (!text.empty()) {
      to.next.reply_sent(one->revision);
      to.answer.reply_continues(text);
      if (to.consumer)
        to.consumer->sent(one->revision, consumers::watch::content::some, clock::now());
    }
  }
  to.next.history_sent(up_to);
  note_sent(to, consumers::watch::content::none);
  to.next.note_silence(clock::now());
  note_bookmark(to);
  return true;
}

} // namespace cfgd
