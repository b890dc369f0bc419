#include "daemon/feed.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>

using cfgd::feed;
using step = cfgd::feed::step;

namespace {

using namespace std::chrono_literals;

constexpr feed::clock::time_point start{};
constexpr bool room = true;
constexpr bool no_room = false;

/// A feed that has sent the state of revision 10 and its mark.
feed live_at_10() {
  feed subject({}, 10);
  subject.reply_sent(10);
  subject.state_sent(10, feed::piece::last);
  return subject;
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(feed)

using ::cfgd::feed;

BOOST_AUTO_TEST_CASE(begins_with_the_state) {
  feed subject({}, 10);

  BOOST_TEST((subject.next(10, room) == step::state));
  BOOST_TEST(!subject.is_resync());
}

BOOST_AUTO_TEST_CASE(waits_for_room_before_each_piece_of_the_state) {
  feed subject({}, 10);

  BOOST_TEST((subject.next(10, no_room) == step::wait));
  subject.state_sent(10, feed::piece::more);
  BOOST_TEST((subject.next(10, no_room) == step::wait));
  BOOST_TEST((subject.next(10, room) == step::state));
}

BOOST_AUTO_TEST_CASE(takes_the_next_revision_live_after_the_state) {
  feed subject = live_at_10();

  BOOST_TEST((subject.next(10, room) == step::wait));
  BOOST_TEST(subject.take_live(11, room));
  BOOST_TEST(subject.sent_up_to() == 11U);
  BOOST_TEST(subject.take_live(12, room));
}

BOOST_AUTO_TEST_CASE(what_came_while_the_state_was_sent_is_caught_up_from_history) {
  feed subject({}, 10);
  subject.state_sent(10, feed::piece::more);

  BOOST_TEST(!subject.take_live(11, room));
  subject.state_sent(10, feed::piece::last);

  BOOST_TEST((subject.next(11, room) == step::history));
  BOOST_TEST(subject.sent_up_to() == 10U);
}

BOOST_AUTO_TEST_CASE(lagging_subscriber_catches_up_from_history) {
  feed subject = live_at_10();

  BOOST_TEST(!subject.take_live(11, no_room));
  BOOST_TEST(!subject.take_live(12, room)); // 11 was not sent: no gap, no double
  BOOST_TEST((subject.next(12, no_room) == step::wait));
  BOOST_TEST((subject.next(12, room) == step::history));
  subject.history_asked();
  BOOST_TEST((subject.next(12, room) == step::wait));
  BOOST_TEST(!subject.take_live(13, room));
  subject.history_sent(12);
  BOOST_TEST((subject.next(13, room) == step::history));
  subject.history_asked();
  subject.history_sent(13);

  BOOST_TEST((subject.next(13, room) == step::wait));
  BOOST_TEST(subject.take_live(14, room));
}

BOOST_AUTO_TEST_CASE(resumption_is_history_and_then_the_mark) {
  feed subject(8, 10);

  BOOST_TEST((subject.next(10, room) == step::history));
  subject.history_asked();
  subject.history_sent(10);
  BOOST_TEST((subject.next(10, room) == step::ready));
  subject.ready_sent();

  BOOST_TEST((subject.next(10, room) == step::wait));
  BOOST_TEST(subject.take_live(11, room));
}

BOOST_AUTO_TEST_CASE(resumption_at_the_present_is_the_mark_alone) {
  feed subject(10, 10);

  BOOST_TEST((subject.next(10, room) == step::ready));
  BOOST_TEST(!subject.take_live(11, room)); // not before the mark
  BOOST_TEST((subject.next(11, room) == step::history));
}

BOOST_AUTO_TEST_CASE(history_that_is_gone_makes_a_resync) {
  feed subject(2, 10);
  subject.history_asked();

  subject.history_gone();

  BOOST_TEST(subject.is_resync());
  BOOST_TEST((subject.next(10, room) == step::state));
  subject.state_sent(10, feed::piece::more);
  BOOST_TEST(!subject.is_resync()); // said once
  subject.state_sent(10, feed::piece::last);
  BOOST_TEST((subject.next(10, room) == step::wait));
}

BOOST_AUTO_TEST_CASE(a_revision_from_the_future_makes_a_resync) {
  feed subject(99, 10);

  BOOST_TEST(subject.is_resync());
  BOOST_TEST((subject.next(10, room) == step::state));
}

BOOST_AUTO_TEST_CASE(history_is_sent_as_far_as_it_is_published) {
  auto const record = [](cfgd::revision_number revision) {
    auto made = std::make_shared<cfgd::change>();
    made->revision = revision;
    return made;
  };
  cfgd::engine::history_slice slice{.changes = {record(3), record(4)}, .newest = 6};

  BOOST_TEST(feed::sendable(slice, 6) == 6U);
  BOOST_TEST(feed::sendable(slice, 3) == 3U);
  slice.more = true;
  BOOST_TEST(feed::sendable(slice, 6) == 4U);
  BOOST_TEST(feed::sendable(slice, 3) == 3U);
}

BOOST_AUTO_TEST_CASE(it_can_start_over_at_any_time) {
  feed subject = live_at_10();
  BOOST_TEST(!subject.take_live(12, room));
  auto const fetch = subject.history_asked();

  subject.history_gone();

  BOOST_TEST(!subject.awaits_history(fetch));
  BOOST_TEST(subject.is_resync());
  BOOST_TEST((subject.next(12, room) == step::state));
}

BOOST_AUTO_TEST_CASE(history_for_a_question_before_the_last_is_not_taken) {
  feed subject = live_at_10();
  auto const first = subject.history_asked();
  subject.history_gone();
  subject.state_sent(12, feed::piece::last);
  auto const second = subject.history_asked();

  BOOST_TEST(!subject.awaits_history(first));
  BOOST_TEST(subject.awaits_history(second));
}

BOOST_AUTO_TEST_CASE(a_watcher_that_gets_every_revision_needs_no_bookmark) {
  feed subject = live_at_10();

  BOOST_TEST(subject.take_live(11, room));
  subject.reply_sent(11);
  subject.note_silence(start);

  BOOST_TEST(!subject.bookmark_due());
}

BOOST_AUTO_TEST_CASE(silence_ends_after_ten_seconds_of_it) {
  feed subject = live_at_10();
  BOOST_TEST(subject.take_live(11, room));
  subject.note_silence(start);
  BOOST_TEST(subject.take_live(12, room));
  subject.note_silence(start + 3s); // counts from the first

  BOOST_TEST((subject.bookmark_due() == start + 10s));
  subject.reply_sent(12);
  BOOST_TEST(!subject.bookmark_due());

  BOOST_TEST(subject.take_live(13, room));
  subject.note_silence(start + 60s);
  BOOST_TEST((subject.bookmark_due() == start + 70s));
}

BOOST_AUTO_TEST_CASE(a_change_ends_the_silence) {
  feed subject = live_at_10();
  BOOST_TEST(subject.take_live(11, room));
  subject.note_silence(start);

  BOOST_TEST(subject.take_live(12, room));
  subject.reply_sent(12);

  BOOST_TEST(!subject.bookmark_due());
}

BOOST_AUTO_TEST_CASE(a_watcher_many_revisions_behind_gets_a_bookmark_at_once) {
  feed subject({}, 10, 2);
  subject.reply_sent(10);
  subject.state_sent(10, feed::piece::last);
  for (cfgd::revision_number revision = 11; revision <= 13; ++revision) {
    BOOST_TEST(subject.take_live(revision, room));
    subject.note_silence(start + 1s);
    BOOST_TEST((*subject.bookmark_due() == start + (revision == 13 ? 1s : 11s)));
  }
}

BOOST_AUTO_TEST_CASE(what_is_still_to_be_sent_is_progress_enough) {
  feed subject = live_at_10();
  BOOST_TEST(subject.take_live(11, room));
  subject.note_silence(start);

  subject.history_gone();

  BOOST_TEST(!subject.bookmark_due());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
