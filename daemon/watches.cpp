#include "daemon/watches.hpp"

#include "core/json.hpp"
#include "core/key.hpp"
#include "daemon/methods/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <set>
#include <unordered_map>

// Watchers are looked up by number: whatever waits (for the committer, for room in a queue) keeps
// the number and looks the watcher up again, because the peer may be gone by then. A change is
// rendered once for all watchers with the same prefixes and the same rights to its secrets.

namespace cfgd {
namespace {

using permission = std::function<bool(std::string_view)>;

/// The parameters of the reply for a change; empty if no visible key of it is below the prefixes.
std::string render_change(change const& what, std::vector<std::string> const& prefixes,
                          permission const& may_see_secrets) {
  std::string values;
  std::string removed;
  key_change const* first = nullptr;
  for (auto const& one : what.keys) {
    if (!is_below(one.key, prefixes)) continue;
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
  json::append_compact(out, to_json(origin_of(what, *first), what.time));
  out.append(",\"revision\":").append(std::to_string(what.revision)).append("}");
  return out;
}

/// The namespaces of a change's secrets.
std::set<std::string_view> secret_namespaces(change const& what) {
  std::set<std::string_view> names;
  for (auto const& one : what.keys)
    if (one.secret) names.insert(namespace_of(one.key));
  return names;
}

/// Equal for watchers that get the same text for a change.
std::string signature_of(std::vector<std::string> const& prefixes,
                         std::set<std::string_view> const& secrets, permission const& may) {
  std::string joined;
  for (auto const& prefix : prefixes)
    joined.append(prefix).append(1, '\n'); // no key has a raw line end
  for (auto const name : secrets)
    joined += may(name) ? '+' : '-';
  return joined;
}

} // namespace

watches::watches(view& what, committer& reader, query_thread& history, limits const& bounds)
    : view_(what), committer_(reader), queries_(history), bounds_(bounds) {}

void watches::start(ipc::responder answer, subscription what) {
  number const mine = ++last_;
  feed next(what.after, view_.revision(), bounds_.history_revisions / 4);
  std::stop_source gone;
  what.by.gone = gone.get_token();
  all_.emplace(mine, watcher{answer, std::move(what), next, {}, 0, false});
  answer.on_closed([this, mine, gone]() mutable {
    all_.erase(mine);
    gone.request_stop();
    queries_.drop_gone();
  });
  answer.on_drained([this, mine] { pump(mine); });
  pump(mine);
}

bool watches::has_room(watcher const& who) const {
  return who.answer.queued_bytes() <= bounds_.queue_soft_bytes;
}

void watches::on_change(change const& what) {
  auto const now = clock::now();
  auto const secrets = secret_namespaces(what);
  std::unordered_map<std::string, std::string> rendered;
  std::vector<number> behind;
  for (auto& [which, who] : all_) {
    auto const& asked = who.asked;
    auto const [text, is_new] =
        rendered.try_emplace(signature_of(asked.prefixes, secrets, asked.may_see_secrets));
    if (is_new) text->second = render_change(what, asked.prefixes, asked.may_see_secrets);
    bool const fits = text->second.size() <= bounds_.reply_bytes;
    if (!fits || !who.next.take_live(what.revision, has_room(who))) {
      behind.push_back(which);
    } else if (text->second.empty()) {
      who.next.note_silence(now);
    } else {
      who.next.reply_sent(what.revision);
      who.answer.reply_continues(text->second);
    }
  }
  for (number const which : behind)
    pump(which);
}

// A report that finds a full queue is dropped: the log has it, and the values that a watcher must
// have are not in it.
void watches::on_hidden(engine::hidden_values const& what, revision_number revision) {
  for (auto& [which, who] : all_) {
    if (!who.asked.wants_hidden || who.next.is_sending_state() || !has_room(who)) continue;
    engine::hidden_values mine;
    for (auto const& one : what.listed)
      if (is_below(one.key, who.asked.prefixes)) mine.listed.push_back(one);
    if (mine.listed.empty()) continue;
    std::string out = "{\"withoutEffect\":";
    json::append_compact(out, to_json(mine, config_interface));
    out.append(",\"revision\":").append(std::to_string(revision)).append("}");
    who.answer.reply_continues(out);
  }
}

void watches::resync() {
  std::vector<number> everybody;
  for (auto& [which, who] : all_) {
    who.state.reset();
    who.next.history_gone();
    everybody.push_back(which);
  }
  for (number const which : everybody)
    pump(which);
}

void watches::send_bookmarks(clock::time_point now) {
  std::vector<number> due;
  for (auto const& [which, who] : all_)
    if (auto const when = who.next.bookmark_due(); when && *when <= now && has_room(who))
      due.push_back(which);
  for (number const which : due) {
    auto const found = all_.find(which);
    if (found == all_.end()) continue;
    auto const revision = found->second.next.sent_up_to();
    found->second.next.reply_sent(revision);
    found->second.answer.reply_continues(one_number("revision", revision));
  }
}

std::optional<watches::clock::time_point> watches::next_bookmark() const {
  std::optional<clock::time_point> first;
  for (auto const& [which, who] : all_)
    if (auto const when = who.next.bookmark_due();
        when && has_room(who) && (!first || *when < *first))
      first = when;
  return first;
}

void watches::pump(number which) {
  for (;;) {
    auto const found = all_.find(which);
    if (found == all_.end()) return;
    watcher& who = found->second;
    switch (who.next.next(view_.revision(), has_room(who))) {
    case feed::step::wait:
      return;
    case feed::step::state:
      if (!who.state) {
        ask_state(which);
        return;
      }
      send_state_piece(who);
      break;
    case feed::step::history:
      ask_history(which);
      return;
    case feed::step::ready:
      who.answer.reply_continues(
          "{\"ready\":true,\"revision\":" + std::to_string(who.next.sent_up_to()) + "}");
      who.next.reply_sent(who.next.sent_up_to());
      who.next.ready_sent();
      break;
    }
  }
}

void watches::ask_state(number which) {
  watcher& who = all_.at(which);
  if (who.state_asked) return;
  who.state_asked = true;
  std::optional<view::names> names; // none: all
  for (auto const& prefix : who.asked.prefixes) {
    if (!names) names.emplace();
    names->emplace(namespace_of(prefix));
  }
  view_.with_texts(
      committer_, std::move(names),
      [this, which](view::texts const& texts) {
        auto const found = all_.find(which);
        if (found == all_.end()) return;
        watcher& asking = found->second;
        asking.state_asked = false;
        asking.state.emplace(view_.reveal(texts, asking.asked.may_see_secrets),
                             asking.asked.prefixes, bounds_.reply_batch_bytes);
        asking.state_revision = view_.revision();
        pump(which);
      },
      [this, which](error const& why) {
        auto const found = all_.find(which);
        if (found == all_.end()) return;
        ipc::responder answer = found->second.answer;
        all_.erase(found);
        fail(answer, config_interface, why);
      });
}

void watches::send_state_piece(watcher& to) {
  auto const values = to.state->next();
  bool const is_last = to.state->at_end();
  std::string out = "{";
  if (values) out.append("\"values\":{").append(*values).append("},");
  if (to.next.is_resync()) out += "\"resync\":true,";
  if (is_last) out += "\"ready\":true,";
  out.append("\"revision\":").append(std::to_string(to.state_revision)).append("}");
  to.next.state_sent(to.state_revision, is_last ? feed::piece::last : feed::piece::more);
  if (is_last) to.state.reset();
  to.next.reply_sent(to.state_revision);
  to.answer.reply_continues(out);
}

void watches::ask_history(number which) {
  watcher& who = all_.at(which);
  auto const fetch = who.next.history_asked();
  queries_.ask(
      who.asked.by,
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
    std::string const text = render_change(*one, to.asked.prefixes, to.asked.may_see_secrets);
    if (text.size() > bounds_.reply_bytes) return false;
    if (!text.empty()) {
      to.next.reply_sent(one->revision);
      to.answer.reply_continues(text);
    }
  }
  to.next.history_sent(up_to);
  to.next.note_silence(clock::now());
  return true;
}

} // namespace cfgd
