#include "daemon/pending_changes.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using cfgd::pending_changes;
using cfgd::wall_time;
using namespace std::chrono_literals;

constexpr wall_time start{std::chrono::milliseconds(1'000'000)};

cfgd::engine::pending_change due(cfgd::revision_number revision, std::chrono::milliseconds after) {
  return {.revision = revision, .deadline = start + after};
}

std::vector<cfgd::revision_number>
revisions(std::vector<cfgd::engine::pending_change> const& list) {
  std::vector<cfgd::revision_number> numbers;
  numbers.reserve(list.size());
  for (auto const& one : list)
    numbers.push_back(one.revision);
  return numbers;
}

using numbers = std::vector<cfgd::revision_number>;

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(pending_changes)

using ::pending_changes;

BOOST_AUTO_TEST_CASE(nothing_waits_at_first) {
  pending_changes subject;

  BOOST_TEST(!subject.next());
  BOOST_TEST(subject.take_due(start).empty());
}

BOOST_AUTO_TEST_CASE(each_is_given_out_at_its_deadline_and_once) {
  pending_changes subject;
  subject.replace({due(4, 10ms), due(7, 20ms), due(9, 20ms)});
  BOOST_TEST((subject.next() == start + 10ms));

  BOOST_TEST(subject.take_due(start + 9ms).empty());
  BOOST_TEST(revisions(subject.take_due(start + 10ms)) == numbers{4},
             boost::test_tools::per_element());
  BOOST_TEST((subject.next() == start + 20ms));
  BOOST_TEST(revisions(subject.take_due(start + 5s)) == (numbers{7, 9}),
             boost::test_tools::per_element());

  BOOST_TEST(!subject.next());
  BOOST_TEST(subject.take_due(start + 1h).empty());
}

BOOST_AUTO_TEST_CASE(what_was_due_while_nobody_looked_is_due_at_once) {
  pending_changes subject;
  subject.replace({due(4, -1h)});

  BOOST_TEST((subject.next() < start));
  BOOST_TEST(revisions(subject.take_due(start)) == numbers{4}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_deadline_that_was_moved_counts) {
  pending_changes subject;
  subject.replace({due(4, 10ms)});

  subject.replace({due(4, 1h)});

  BOOST_TEST((subject.next() == start + 1h));
  BOOST_TEST(subject.take_due(start + 10ms).empty());
}

BOOST_AUTO_TEST_CASE(what_could_not_be_ended_is_tried_again_later) {
  pending_changes subject;
  subject.replace({due(4, 10ms)});
  subject.take_due(start + 10ms);

  BOOST_TEST(subject.postpone(4, start + 60s));
  BOOST_TEST((subject.next() == start + 60s));
  BOOST_TEST(subject.take_due(start + 59s).empty());
  BOOST_TEST(revisions(subject.take_due(start + 60s)) == numbers{4},
             boost::test_tools::per_element());
  BOOST_TEST(!subject.postpone(4, start + 120s)); // said once
}

BOOST_AUTO_TEST_CASE(what_was_moved_after_a_try_is_not_tried_before) {
  pending_changes subject;
  subject.replace({due(4, 10ms)});
  subject.take_due(start + 10ms);
  subject.postpone(4, start + 60s);

  subject.replace({due(4, 1h)});

  BOOST_TEST((subject.next() == start + 1h));
}

BOOST_AUTO_TEST_CASE(what_is_ended_early_is_not_due_meanwhile_and_tried_again_before_its_deadline) {
  pending_changes subject;
  subject.replace({due(4, 1h)});

  subject.end_early(4, "a check");
  BOOST_TEST(!subject.next());
  BOOST_TEST(subject.take_due(start + 2h).empty());
  BOOST_TEST(subject.postpone(4, start + 60s));
  subject.replace({due(4, 3h)});

  BOOST_TEST((subject.next() == start + 60s));
  BOOST_TEST(revisions(subject.take_due(start + 60s)) == numbers{4},
             boost::test_tools::per_element());
  BOOST_TEST(subject.reason(4) == "a check");
  subject.replace({});
  BOOST_TEST(subject.reason(4).empty());
}

BOOST_AUTO_TEST_CASE(what_is_confirmed_is_forgotten) {
  pending_changes subject;
  subject.replace({due(4, 10ms), due(5, 20ms)});
  subject.take_due(start + 10ms);

  subject.replace({due(5, 20ms)});

  BOOST_TEST(subject.find(4) == nullptr);
  BOOST_TEST(!subject.postpone(4, start + 1s));
  BOOST_TEST((subject.next() == start + 20ms));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
