#include "daemon/unrecorded_changes.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using cfgd::unrecorded_changes;
using cfgd::watchers::observation;
using observations = std::vector<observation>;

observation seen(std::string const& name, decltype(observation::what) what) {
  return {.id = {.where = cfgd::layer::admin, .relative = name},
          .path = '/' + name,
          .identity = {},
          .what = std::move(what)};
}
observation content(std::string const& name) {
  return seen(name, observation::content{"x = 1", {}});
}
observation gone(std::string const& name) { return seen(name, observation::gone{}); }
observation touched(std::string const& name) { return seen(name, observation::touched{}); }

/// "path kind; "; "(nothing)" if absent.
std::string show(std::optional<observations> const& all) {
  if (!all) return "(nothing)";
  std::string out;
  for (auto const& one : *all)
    out += one.path + (std::holds_alternative<observation::gone>(one.what)      ? " gone; "
                       : std::holds_alternative<observation::touched>(one.what) ? " touched; "
                                                                                : " content; ");
  return out;
}

cfgd::engine::source_update variable() {
  return {.id = {.where = cfgd::layer::environment, .relative = "site"},
          .path = "environment",
          .identity = {},
          .what = cfgd::engine::source_update::gone{}};
}

cfgd::error const full{.code = cfgd::errc::store_failed, .message = "the store is full"};

struct fixture {
  unrecorded_changes subject{{}};

  fixture() { subject.end_first_look(); }
  void fail(observations const& observed) {
    subject.failed(unrecorded_changes::begin(observed), full);
  }
};

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(unrecorded_changes)

using ::unrecorded_changes;

BOOST_AUTO_TEST_CASE(the_first_look_is_one_commit) {
  unrecorded_changes subject({});
  observations first{content("a")};
  observations second{gone("b")};

  BOOST_TEST(subject.collect_first_look(first));
  BOOST_TEST(subject.collect_first_look(second));
  BOOST_TEST(show(subject.end_first_look()) == "/a content; /b gone; ");

  observations third{content("c")};
  BOOST_TEST(!subject.collect_first_look(third));
  BOOST_TEST(third.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_first_look_without_changes_needs_no_commit) {
  unrecorded_changes subject({});
  BOOST_TEST(show(subject.end_first_look()) == "(nothing)");
}

BOOST_AUTO_TEST_CASE(a_changed_environment_is_committed_even_without_files) {
  unrecorded_changes subject({variable()});

  BOOST_TEST(show(subject.end_first_look()) == "");
  BOOST_TEST(subject.environment().size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_environment_is_part_of_every_commit_until_one_succeeds) {
  unrecorded_changes subject({variable()});
  subject.end_first_look();

  subject.failed(unrecorded_changes::begin({}), full);
  BOOST_TEST(subject.failure().value() == full);
  BOOST_TEST(subject.unrecorded() == 1U);
  BOOST_TEST(subject.environment().size() == 1U);
  BOOST_TEST(show(subject.take_retry()) == "");

  subject.succeeded(unrecorded_changes::begin({}));
  BOOST_TEST(subject.environment().empty());
  BOOST_TEST(show(subject.take_retry()) == "(nothing)");
}

BOOST_FIXTURE_TEST_CASE(contents_are_read_again_and_everything_else_is_kept, fixture) {
  fail({content("a"), gone("b"), touched("c")});

  BOOST_TEST(show(subject.take_retry()) == "/b gone; /c touched; ");
  BOOST_TEST(show(subject.take_retry()) == "(nothing)");
}

BOOST_FIXTURE_TEST_CASE(a_later_observation_replaces_an_earlier_one, fixture) {
  fail({gone("a"), touched("b")});
  fail({content("a")});
  BOOST_TEST(show(subject.take_retry()) == "/b touched; ");

  fail({gone("a")});
  subject.succeeded(unrecorded_changes::begin({content("a")}));
  BOOST_TEST(show(subject.take_retry()) == "(nothing)");
}

BOOST_FIXTURE_TEST_CASE(other_files_wait_on_when_a_commit_succeeds, fixture) {
  fail({gone("a"), gone("b")});
  subject.succeeded(unrecorded_changes::begin({content("b")}));
  BOOST_TEST(show(subject.take_retry()) == "/a gone; ");
}

BOOST_FIXTURE_TEST_CASE(a_file_stays_unrecorded_until_a_commit_of_it_succeeds, fixture) {
  BOOST_TEST(!subject.failure());
  fail({content("a"), gone("b")});

  subject.succeeded(unrecorded_changes::begin({content("other")}));
  BOOST_TEST(subject.failure().value() == full);
  BOOST_TEST(subject.unrecorded() == 2U);
  subject.succeeded(unrecorded_changes::begin({gone("b")}));
  BOOST_TEST(subject.failure().value() == full);
  subject.succeeded(unrecorded_changes::begin({content("a")}));
  BOOST_TEST(!subject.failure());
}

BOOST_AUTO_TEST_CASE(the_environment_is_recorded_with_the_next_commit) {
  unrecorded_changes subject({variable()});
  subject.end_first_look();
  subject.failed(unrecorded_changes::begin({}), full);

  subject.succeeded(unrecorded_changes::begin({content("other")}));

  BOOST_TEST(!subject.failure());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
