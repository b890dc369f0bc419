#include "watchers/settle.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace {

using settler = cfgd::watchers::settle;
using sign = settler::sign;
using namespace std::chrono_literals;

settler::time at(std::chrono::milliseconds when) { return settler::time{} + 1h + when; }

/// What a group holds, in one word.
std::string names(std::vector<settler::released> const& group) {
  std::string text;
  for (auto const& one : group)
    text += (text.empty() ? "" : " ") + one.subject;
  return text;
}

struct note {
  std::chrono::milliseconds when;
  std::string subject;
  sign what;
};
struct release {
  std::chrono::milliseconds when;
  std::string subjects;
};
struct story {
  std::string name;
  std::vector<note> notes;
  std::vector<release> expected; ///< every group that comes out, to the millisecond
};

std::vector<note> rewrites(std::chrono::milliseconds step, int count) {
  std::vector<note> notes;
  for (int i = 0; i < count; ++i) {
    notes.push_back({i * step, "a", sign::written});
    notes.push_back({i * step, "a", sign::closed});
  }
  return notes;
}

std::vector<story> stories() {
  std::vector<story> all{
      {"quiet for 20 ms", {{0ms, "a", sign::replaced}}, {{20ms, "a"}}},
      {"events start the quiet period again",
       {{0ms, "a", sign::replaced}, {15ms, "a", sign::changed}},
       {{35ms, "a"}}},
      {"an open writer is waited for",
       {{0ms, "a", sign::written}, {400ms, "a", sign::closed}},
       {{420ms, "a"}}},
      {"an open writer that is late is taken at its close",
       {{0ms, "a", sign::written}, {5000ms, "a", sign::written}, {9000ms, "a", sign::closed}},
       {{9000ms, "a"}}},
      {"a writer that never closes is taken 10 s after its last event",
       {{0ms, "a", sign::written}, {3000ms, "a", sign::written}},
       {{13000ms, "a"}}},
      {"a change of mode does not close a file",
       {{0ms, "a", sign::written}, {10ms, "a", sign::changed}, {700ms, "a", sign::closed}},
       {{700ms, "a"}}},
      {"a file that replaces an open one is not open",
       {{0ms, "a", sign::written}, {10ms, "a", sign::replaced}},
       {{30ms, "a"}}},
      {"files that are noisy together are one group",
       {{0ms, "a", sign::closed}, {15ms, "b", sign::closed}, {30ms, "c", sign::closed}},
       {{50ms, "a b c"}}},
      {"what is quiet before the next one begins is a group of its own",
       {{0ms, "a", sign::closed}, {21ms, "b", sign::closed}},
       {{20ms, "a"}, {41ms, "b"}}},
      {"nobody waits more than 100 ms for a writer",
       {{0ms, "a", sign::closed}, {0ms, "b", sign::written}, {300ms, "b", sign::closed}},
       {{120ms, "a"}, {320ms, "b"}}},
  };
  all.push_back({"rapid closed rewrites are taken after 500 ms",
                 rewrites(3ms, 200),
                 {{500ms, "a"}, {617ms, "a"}}});
  all.push_back({"a noisy neighbour delays by 100 ms", rewrites(10ms, 40), {}});
  all.back().notes.insert(all.back().notes.begin(), {0ms, "b", sign::replaced});
  all.back().expected = {{120ms, "b"}, {410ms, "a"}};
  return all;
}

/// Tells the story millisecond by millisecond.
std::vector<release> tell(story const& one) {
  settler settling({});
  std::vector<release> got;
  std::size_t next = 0;
  for (auto now = 0ms; next < one.notes.size() || !settling.empty(); ++now) {
    for (; next < one.notes.size() && one.notes[next].when == now; ++next)
      settling.note(one.notes[next].subject, one.notes[next].what, at(now));
    auto const due = settling.next();
    auto const group = settling.take(at(now));
    BOOST_TEST((due && *due <= at(now)) == !group.empty());
    if (!group.empty()) got.push_back({now, names(group)});
  }
  return got;
}

BOOST_AUTO_TEST_SUITE(settle)

BOOST_AUTO_TEST_CASE(subjects_are_released_as_the_table_says) {
  for (auto const& one : stories()) {
    BOOST_TEST_CONTEXT(one.name) {
      auto const got = tell(one);
      BOOST_TEST_REQUIRE(got.size() == one.expected.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        BOOST_TEST(got[i].when.count() == one.expected[i].when.count());
        BOOST_TEST(got[i].subjects == one.expected[i].subjects);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(no_quiet_period_releases_at_once) {
  settler settling({.quiet = 0ms});

  settling.note("a", sign::closed, at(5ms));

  BOOST_TEST(names(settling.take(at(5ms))) == "a");
}

BOOST_AUTO_TEST_CASE(a_subject_that_was_put_back_waits_for_quiet) {
  settler settling({});

  settling.put_back("a", at(0ms), at(2000ms));

  BOOST_TEST(names(settling.take(at(2019ms))).empty());
  BOOST_TEST(names(settling.take(at(2020ms))) == "a");
}

BOOST_AUTO_TEST_CASE(a_late_subject_that_was_put_back_waits_for_a_close) {
  settler settling({});
  settling.put_back("a", at(0ms), at(600ms));

  settling.note("a", sign::written, at(601ms));
  BOOST_TEST(names(settling.take(at(602ms))).empty());
  settling.note("a", sign::closed, at(603ms));

  BOOST_TEST(names(settling.take(at(603ms))) == "a");
}

BOOST_AUTO_TEST_CASE(other_subjects_do_not_wait_for_one_put_back) {
  settler settling({});
  settling.put_back("a", at(0ms), at(500ms));
  settling.note("b", sign::replaced, at(0ms));

  BOOST_TEST(names(settling.take(at(20ms))) == "b");
  BOOST_TEST(names(settling.take(at(519ms))).empty());
  BOOST_TEST(names(settling.take(at(520ms))) == "a");
}

BOOST_AUTO_TEST_CASE(a_subject_is_read_ahead_once_after_its_last_event) {
  settler settling({.ahead = 16ms});
  settling.note("a", sign::replaced, at(0ms));

  BOOST_TEST((settling.next_ahead() == at(16ms)));
  BOOST_TEST(settling.take_ahead(at(15ms)).empty());
  BOOST_TEST(settling.take_ahead(at(16ms)).size() == 1U);
  BOOST_TEST(!settling.next_ahead());
  BOOST_TEST(settling.take_ahead(at(17ms)).empty());
  BOOST_TEST(names(settling.take(at(20ms))) == "a");
}

BOOST_AUTO_TEST_CASE(a_subject_with_events_all_the_time_is_read_ahead_once_in_a_quiet_period) {
  for (auto step = 1ms; step < 20ms; ++step) {
    BOOST_TEST_CONTEXT(step.count()) {
      settler settling({.ahead = 16ms});
      std::optional<std::chrono::milliseconds> last;
      for (auto now = 0ms; now < 1'000ms; ++now) {
        if (now % step == 0ms) settling.note("a", sign::closed, at(now));
        (void)settling.take(at(now));
        if (settling.take_ahead(at(now)).empty()) continue;
        BOOST_TEST((!last || now - *last >= 20ms));
        last = now;
      }
      BOOST_TEST(last.has_value() == (step > 16ms));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_open_or_was_put_back_is_not_read_ahead) {
  settler settling({.ahead = 16ms});
  settling.note("open", sign::written, at(0ms));
  settling.put_back("again", at(0ms), at(0ms));

  BOOST_TEST(!settling.next_ahead());
  BOOST_TEST(settling.take_ahead(at(17ms)).empty());
}

BOOST_AUTO_TEST_CASE(without_a_time_nothing_is_read_ahead) {
  settler settling({});
  settling.note("a", sign::replaced, at(0ms));

  BOOST_TEST(!settling.next_ahead());
  BOOST_TEST(settling.take_ahead(at(19ms)).empty());
}

BOOST_AUTO_TEST_CASE(take_closed_leaves_open_subjects) {
  settler settling({});
  settling.note("a", sign::written, at(0ms));
  settling.note("b", sign::replaced, at(0ms));

  BOOST_TEST(names(settling.take_closed(at(0ms))) == "b");
  BOOST_TEST(settling.settles("a"));
  BOOST_TEST(settling.subjects().size() == 1U);
}

BOOST_AUTO_TEST_CASE(lost_events_may_have_been_closes) {
  settler settling({});
  settling.note("a", sign::written, at(0ms));

  settling.lose_track();

  BOOST_TEST(names(settling.take(at(20ms))) == "a");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
