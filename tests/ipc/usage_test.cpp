#include "ipc/usage.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using cfgd::limits;
using cfgd::ipc::held_bytes;

namespace {

constexpr std::size_t mib = std::size_t{1024} * 1024;

limits bounds_of_test() {
  limits bounds;
  bounds.buffer_bytes = 48 * mib;
  bounds.reserved_buffer_bytes = 8 * mib; // leaves 40 to the others
  bounds.buffer_bytes_per_uid = 20 * mib;
  bounds.buffer_bytes_per_connection = 16 * mib;
  bounds.connections = 10;
  bounds.connections_per_uid = 6;
  bounds.connections_of_root = 9;
  bounds.reserved_connections = 2;
  return bounds;
}

struct accounted {
  cfgd::ipc::usage use{bounds_of_test()};

  /// A connection with so many bytes of replies.
  void add(uid_t uid, std::size_t queued, bool privileged = false) {
    use.connected(uid, privileged);
    use.change(uid, {}, {.queued = queued});
  }
  std::string refusal(uid_t uid, std::size_t bytes) {
    auto const why = use.refuse_reply(uid, {}, bytes);
    return why ? limit_parameters(*why) : "none";
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(usage, accounted)

BOOST_AUTO_TEST_CASE(counts_by_user_and_kind_and_forgets_who_has_left) {
  held_bytes const first{.read = 1, .called = 2, .queued = 3};
  use.connected(1000, false);
  use.connected(1000, false);
  use.change(1000, {}, first);
  use.change(1000, {}, {.queued = 10});
  use.change(1000, first, {.read = 5});

  BOOST_CHECK((use.of(1000).bytes == held_bytes{.read = 5, .called = 0, .queued = 10}));
  BOOST_TEST(use.of(1000).connections == 2U);
  BOOST_TEST(use.all().sum() == 15U);

  use.disconnected(1000, {.read = 5});
  use.disconnected(1000, {.queued = 10});

  BOOST_TEST(use.all().sum() == 0U);
  std::size_t left = 0;
  use.each([&](uid_t, auto const&) { ++left; });
  BOOST_TEST(left == 0U);
}

BOOST_AUTO_TEST_CASE(remembers_the_peak_until_it_was_taken) {
  add(1000, 3 * mib);
  use.change(1000, {.queued = 3 * mib}, {.queued = 1 * mib});
  BOOST_TEST(use.peak_bytes() == 3 * mib);

  use.forget_peak();

  BOOST_TEST(use.peak_bytes() == 1 * mib);
}

BOOST_AUTO_TEST_CASE(a_user_has_its_maximum_as_long_as_there_is_enough) {
  add(1000, 10 * mib);

  BOOST_TEST(use.maximum_of(1000) == 20 * mib);
  BOOST_TEST(use.maximum_of(1001) == 20 * mib);
}

BOOST_AUTO_TEST_CASE(above_three_quarters_it_is_a_share_of_what_is_free) {
  add(1000, 20 * mib);
  add(1001, 10 * mib);
  BOOST_TEST(use.maximum_of(1001) == 20 * mib);
  add(1002, 2 * mib);

  // 8 MiB are free and three users have memory.
  BOOST_TEST(use.maximum_of(1000) == 7 * mib);
  BOOST_TEST(use.maximum_of(1002) == 10 * mib / 4);
  BOOST_TEST(use.maximum_of(1003) == 2 * mib);
}

BOOST_AUTO_TEST_CASE(the_user_with_most_is_paused_and_the_others_are_not) {
  add(1000, 15 * mib);
  BOOST_TEST(!use.pauses(1000));
  add(1001, 1 * mib);
  add(1000, 1);

  BOOST_TEST(use.pauses(1000));
  BOOST_TEST(!use.pauses(1001));
  BOOST_TEST(!use.pauses(1002));
}

BOOST_AUTO_TEST_CASE(who_was_paused_goes_on_at_half_of_the_maximum) {
  add(1000, 15 * mib);
  add(1000, 1);
  BOOST_TEST(!use.may_resume(1000));

  use.change(1000, {.queued = 15 * mib}, {.queued = 10 * mib - 1});

  BOOST_TEST(use.may_resume(1000));
}

BOOST_AUTO_TEST_CASE(who_is_refused_most_is_known_and_the_number_of_users_is_bounded) {
  BOOST_TEST(!use.most_refused().has_value());
  for (int count = 0; count < 3; ++count)
    use.note_refusal(1000);
  for (uid_t uid = 2000; uid < 3000; ++uid)
    use.note_refusal(uid);

  BOOST_TEST(use.most_refused().value_or(0) == 1000U);
  BOOST_TEST(use.of(1000).refused == 3U);
}

BOOST_AUTO_TEST_CASE(a_reply_above_the_maximum_is_refused_with_scope_limit_use_and_maximum) {
  add(1000, 12 * mib);

  BOOST_TEST(refusal(1000, 8 * mib) == "none");
  BOOST_TEST(refusal(1000, 8 * mib + 1) == R"({"scope":"user 1000","limit":"buffer_bytes_per_uid",)"
                                           R"("used":20971521,"maximum":20971520})");
  BOOST_TEST(use.of(1000).refused == 1U);
}

BOOST_AUTO_TEST_CASE(a_connection_has_a_maximum_of_its_own) {
  add(1000, 0);

  BOOST_TEST(!use.refuse_reply(1000, {}, 16 * mib));
  auto const why = use.refuse_reply(1000, {.queued = 1}, 16 * mib);
  BOOST_REQUIRE(why.has_value());
  BOOST_TEST(why->scope == "connection");
  BOOST_TEST(why->limit == "buffer_bytes_per_connection");
}

BOOST_AUTO_TEST_CASE(the_largest_is_closed_only_when_nine_tenths_are_used) {
  add(1000, 16 * mib);
  add(1001, 20 * mib);
  BOOST_TEST(!use.to_close().has_value());
  add(1002, 1);

  BOOST_TEST(use.to_close().value_or(0) == 1001U);
}

BOOST_AUTO_TEST_CASE(who_comes_late_finds_memory_whatever_the_others_have) {
  add(1000, 18 * mib);
  add(1001, 18 * mib);

  BOOST_TEST(refusal(1002, mib) == "none");
  BOOST_TEST(!use.pauses(1002));
}

BOOST_AUTO_TEST_CASE(privileged_users_have_a_reserve_and_are_closed_last) {
  add(1000, 18 * mib);
  add(1001, 18 * mib);
  add(0, 10 * mib, true);

  BOOST_TEST(use.maximum_of(0) == 48 * mib);
  BOOST_TEST(refusal(0, 2 * mib) == "none");
  BOOST_TEST(use.to_close().value_or(0) != 0U);
}

BOOST_AUTO_TEST_CASE(connections_are_bounded_by_user_and_in_all_with_some_kept_for_root) {
  for (int count = 0; count < 6; ++count) {
    BOOST_TEST(!use.refuse_connection(1000, false));
    use.connected(1000, false);
  }
  auto const sixth = use.refuse_connection(1000, false);
  BOOST_REQUIRE(sixth.has_value());
  BOOST_TEST(limit_parameters(*sixth) ==
             R"({"scope":"user 1000","limit":"connections_per_uid","used":6,"maximum":6})");
  use.connected(1001, false);
  use.connected(1001, false);

  auto const ninth = use.refuse_connection(1001, false);
  BOOST_REQUIRE(ninth.has_value());
  BOOST_TEST(limit_parameters(*ninth) ==
             R"({"scope":"all users","limit":"connections","used":8,"maximum":8})");
  use.connected(0, true);
  BOOST_TEST(!use.refuse_connection(0, true));
  BOOST_TEST(use.of(1000).refused == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
