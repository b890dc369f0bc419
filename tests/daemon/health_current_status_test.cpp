#include "daemon/health/current_status.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace {

using namespace cfgd::health;

/// A current status that is fed with letters: h, u, w, c.
struct fed {
  current_status stands{report{.name = "x", .found = {.what = state::unknown}}};
  int count = 0;
  int changes = 0;

  static state of(char letter) {
    switch (letter) {
    case 'h':
      return state::healthy;
    case 'w':
      return state::warning;
    case 'c':
      return state::critical;
    default:
      return state::unknown;
    }
  }
  void take(char letter, current_status::cause why = current_status::cause::timed) {
    report newest{.name = "x", .found = {.what = of(letter)}};
    newest.found.message = std::to_string(++count);
    if (stands.take(std::move(newest), why)) ++changes;
  }
  /// What stands after each result, in letters.
  std::string after(std::string_view results) {
    std::string out;
    for (char const letter : results) {
      take(letter);
      out += "huwc"[static_cast<std::size_t>(stands.shown().found.what)];
    }
    return out;
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_current_status)

BOOST_FIXTURE_TEST_CASE(the_first_result_stands, fed) {
  BOOST_TEST(after("w") == "w");
  BOOST_TEST(changes == 1);
}

BOOST_FIXTURE_TEST_CASE(critical_stands_at_once, fed) { BOOST_TEST(after("hc") == "hc"); }

BOOST_FIXTURE_TEST_CASE(a_warning_stands_when_it_comes_twice, fed) {
  BOOST_TEST(after("hwhww") == "hhhhw");
}

BOOST_FIXTURE_TEST_CASE(it_gets_better_when_that_was_seen_twice, fed) {
  BOOST_TEST(after("chchh") == "cccch");
}

BOOST_FIXTURE_TEST_CASE(two_others_that_differ_confirm_nothing, fed) {
  BOOST_TEST(after("cwhwhwwhh") == "ccccccwwh");
}

BOOST_FIXTURE_TEST_CASE(one_that_flaps_changes_once, fed) {
  BOOST_TEST(after("hchchchchc") == "hccccccccc");
  BOOST_TEST(changes == 2);
}

BOOST_FIXTURE_TEST_CASE(a_result_that_was_asked_for_stands_at_once, fed) {
  after("c");

  take('h', current_status::cause::asked);

  BOOST_TEST((stands.shown().found.what == state::healthy));
  BOOST_TEST(!stands.is_in_doubt());
}

BOOST_FIXTURE_TEST_CASE(what_is_shown_is_a_result_of_the_state_that_stands, fed) {
  after("cchc");
  BOOST_TEST(stands.shown().found.message == "4");

  take('h');

  BOOST_TEST(stands.is_in_doubt());
  BOOST_TEST(stands.shown().found.message == "4");
  take('h');
  BOOST_TEST(!stands.is_in_doubt());
  BOOST_TEST(stands.shown().found.message == "6");
}

BOOST_FIXTURE_TEST_CASE(the_previous_state_is_returned, fed) {
  after("w");

  auto const before =
      stands.take({.name = "x", .found = {.what = state::critical}}, current_status::cause::timed);

  BOOST_TEST((before == state::warning));
  BOOST_TEST(
      !stands.take({.name = "x", .found = {.what = state::critical}}, current_status::cause::timed)
           .has_value());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
