#include "engine/change_note.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using cfgd::engine::add_note;
using cfgd::engine::note_of;
using cfgd::engine::pending_request;

cfgd::engine::change_note extended(int seconds) {
  pending_request done{.revision = 2, .what = pending_request::action::extend};
  done.deadline = cfgd::wall_time(std::chrono::seconds(seconds));
  done.from.uid = 7;
  return note_of(done);
}

cfgd::engine::change_note confirmed() {
  pending_request done{.revision = 2, .what = pending_request::action::confirm};
  done.from.uid = 0;
  return note_of(done);
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(change_note)

BOOST_AUTO_TEST_CASE(a_note_is_appended_to_the_comment) {
  BOOST_TEST(add_note("trial", confirmed()) == "trial [confirmed by uid 0]");
  BOOST_TEST(add_note("", confirmed()) == "[confirmed by uid 0]");
  BOOST_TEST(add_note("see [1]", confirmed()) == "see [1] [confirmed by uid 0]");
}

BOOST_AUTO_TEST_CASE(a_later_note_of_the_same_kind_replaces_it) {
  auto const once = add_note("trial", extended(0));
  BOOST_TEST(once == "trial [extended to 1970-01-01T00:00:00.000Z by uid 7]");
  auto const twice = add_note(once, extended(60));
  BOOST_TEST(twice == "trial [extended to 1970-01-01T00:01:00.000Z by uid 7]");
  BOOST_TEST(add_note(twice, confirmed()) == twice + " [confirmed by uid 0]");
}

BOOST_AUTO_TEST_CASE(who_asked_may_be_unknown) {
  pending_request const done{.revision = 2, .what = pending_request::action::confirm};
  BOOST_TEST(add_note("x", note_of(done)) == "x [confirmed]");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
