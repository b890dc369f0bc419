#include "daemon/feed.hpp"

#include <boost/assert.hpp>

#include <algorithm>

// The phases and what leads from one to the next:
//
//   state ----> following <----> asked
//     ^                            |
//     '------- history gone -------'
//
// Following means: the revision after `sent_` is next. If it is the one being published it is sent
// at once, otherwise it is fetched from history. The state is a snapshot of one revision; changes
// made while it was being sent are a lag like any other, so they need no mechanism of their own.

namespace cfgd {

feed::feed(std::optional<revision_number> after, revision_number current,
           revision_number silent_revisions)
    : phase_(after ? phase::following : phase::state), sent_(after.value_or(0)), replied_(sent_),
      silent_revisions_(silent_revisions) {
  if (after && *after > current) history_gone();
}

feed::step feed::next(revision_number current, bool has_room) const {
  if (!has_room || phase_ == phase::asked) return step::wait;
  if (phase_ == phase::state) return step::state;
  if (sent_ < current) return step::history;
  return ready_due_ ? step::ready : step::wait;
}

void feed::state_sent(revision_number revision, piece which) {
  BOOST_ASSERT(phase_ == phase::state);
  resync_ = false;
  if (which == piece::more) return;
  sent_ = revision;
  ready_due_ = false; // the last piece carries the mark
  phase_ = phase::following;
}

std::uint64_t feed::history_asked() {
  BOOST_ASSERT(phase_ == phase::following);
  phase_ = phase::asked;
  return ++fetches_;
}

revision_number feed::sendable(engine::history_slice const& slice, revision_number published) {
  if (!slice.more) return std::min(slice.newest, published);
  return slice.changes.empty() ? 0 : std::min(slice.changes.back()->revision, published);
}

void feed::history_sent(revision_number revision) {
  BOOST_ASSERT(phase_ == phase::asked && revision >= sent_);
  sent_ = revision;
  phase_ = phase::following;
}

void feed::history_gone() {
  phase_ = phase::state;
  resync_ = true;
  ready_due_ = true;
}

void feed::ready_sent() {
  BOOST_ASSERT(phase_ == phase::following);
  ready_due_ = false;
}

bool feed::take_live(revision_number revision, bool has_room) {
  if (phase_ != phase::following || ready_due_ || !has_room || sent_ + 1 != revision) return false;
  sent_ = revision;
  return true;
}

void feed::reply_sent(revision_number revision) {
  replied_ = revision;
  silent_since_.reset();
}

void feed::note_silence(clock::time_point now) {
  if (sent_ > replied_ && !silent_since_) silent_since_ = now;
}

std::optional<feed::clock::time_point> feed::bookmark_due() const {
  if (phase_ != phase::following || ready_due_ || !silent_since_ || sent_ <= replied_)
    return std::nullopt;
  if (sent_ - replied_ > silent_revisions_) return silent_since_;
  return *silent_since_ + silence;
}

} // namespace cfgd
