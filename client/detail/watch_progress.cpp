/// A connection is in one of two states. While it collects, replies are parts of one state, which
/// is reported whole when the reply with `ready` has come: a caller never sees half of it, and a
/// connection that breaks meanwhile has reported nothing. Otherwise each reply is one revision and
/// is reported at once.
///
/// A state that was asked for begins a connection without a revision to continue after; a resync
/// begins one at any time. After the first state every further one is reported as a resync, also if
/// the server sent it unasked.
///
/// A reply that has only a revision is progress: no watched key changed up to there. It is not
/// reported; a reconnect continues from there, so that a watch of quiet keys does not fall out of
/// the history.
///
/// Revisions that were reported already are dropped: an event is reported once, whatever the
/// service repeats after a reconnect.

#include "client/detail/watch_progress.hpp"

#include <algorithm>
#include <utility>

namespace cfgd::client::detail {
namespace {

void merge(watch_event& into, watch_event&& part) {
  into.revision = part.revision;
  into.store_id = std::move(part.store_id);
  if (into.values.empty()) {
    into.values = std::move(part.values);
    return;
  }
  for (auto& member : part.values) {
    into.values.insert_or_assign(member.key(), std::move(member.value()));
  }
}

} // namespace

watch_progress::watch_progress(std::optional<revision_number> after_revision, resync_mode mode,
                               std::optional<std::string> store_id)
    : mode_(mode), last_(after_revision), store_id_(std::move(store_id)),
      known_whole_(!after_revision.has_value()) {}

std::optional<revision_number> watch_progress::begin() {
  collected_ = {};
  collecting_ = !last_.has_value();
  return last_;
}

std::optional<watch_event> watch_progress::take(watch_event reply) {
  // A service may mark each part of one resync.
  bool const goes_on = collecting_ && collected_.resync && collected_.revision == reply.revision;
  if (reply.resync && !goes_on) {
    collected_ = {};
    collected_.resync = true;
    collecting_ = true;
  }

  if (collecting_) {
    bool const whole = reply.ready;
    merge(collected_, std::move(reply));
    if (!whole) return {};
    collecting_ = false;
    return finish_state(std::exchange(collected_, {}));
  }

  // An edit without effect is not progress: it may come for a revision that was reported.
  if (!reply.without_effect.empty()) return reply;

  bool const bare = reply.values.empty() && reply.removed.empty();
  if (bare) {
    // Progress, because other keys changed or the watch was resumed: reported to the caller only
    // the first time that it is ready.
    last_ = std::max(last_.value_or(0), reply.revision);
    if (reply.store_id) store_id_ = reply.store_id;
    if (!reply.ready || std::exchange(established_, true)) return {};
    return reply;
  }
  if (last_ && reply.revision <= *last_) return {};
  remember(reply);
  established_ = true;
  last_ = reply.revision;
  return reply;
}

watch_event watch_progress::finish_state(watch_event collected) {
  collected.ready = true;
  auto store_id = collected.store_id;
  if (mode_ == resync_mode::differences) differ(collected);
  // From here on nothing throws: what counts as reported is.
  last_ = collected.revision;
  store_id_ = std::move(store_id);
  established_ = true;
  return collected;
}

void watch_progress::remember(watch_event const& change) {
  if (mode_ != resync_mode::differences) return;
  for (auto const& key : change.removed)
    known_.erase(key);
  for (auto const& member : change.values) {
    known_.insert_or_assign(std::string(member.key()), member.value());
  }
}

void watch_progress::differ(watch_event& state) {
  decltype(known_) now;
  boost::json::object changed;
  for (auto& member : state.values) {
    auto const before = known_.find(std::string_view(member.key()));
    if (before == known_.end() || before->second != member.value()) {
      changed.emplace(member.key(), member.value());
    }
    now.insert_or_assign(std::string(member.key()), member.value());
  }
  if (known_whole_) {
    for (auto const& [key, value] : known_) {
      if (!now.contains(key)) state.removed.push_back(key);
    }
    state.values = std::move(changed);
  }
  known_ = std::move(now);
  known_whole_ = true;
}

} // namespace cfgd::client::detail
