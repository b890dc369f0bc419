#include "tests/support/plan_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <new>
#include <ostream>
#include <stdexcept>

// The requests of one transaction, over a model without a store.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::test;

} // namespace

BOOST_FIXTURE_TEST_SUITE(plan, plan_fixture)

BOOST_AUTO_TEST_CASE(a_request_sees_those_before_it) {
  auto const all = decide_together({set({{"n.a", "1"}}), set({{"n.b", "2"}}), unset({"n.a"})});

  BOOST_TEST(all.at(2).value().revision == 3U);
  BOOST_TEST(all.at(2).value().changes.at(0)->keys.at(0).before == "1");
  BOOST_TEST(text("n") == R"({"b":2})");
}

BOOST_AUTO_TEST_CASE(each_record_is_written_once) {
  decide_together({set({{"n.a", "1"}}), set({{"n.a", "2"}}), set({{"m.a", "1"}})});

  BOOST_TEST(written.revision == 3U);
  BOOST_TEST(written.changes.size() == 3U);
  BOOST_TEST(written.overrides.size() == 2U);
  BOOST_TEST(written.effectives.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_rejected_request_leaves_no_trace) {
  auto wrong = set({{"n.a", "1"}});
  wrong.if_revision = 9;
  auto const all = decide_together({set({{"m.a", "1"}}), wrong, set({{"m.b", "1"}})});

  BOOST_TEST((all.at(1).error().code == errc::conflict));
  BOOST_TEST(all.at(1).error().used == 1U);
  BOOST_TEST(all.at(2).value().revision == 2U);
  BOOST_TEST(text("n") == "(none)");
}

BOOST_AUTO_TEST_CASE(a_dry_run_writes_nothing) {
  auto dry = set({{"n.a", "1"}});
  dry.dry_run = true;

  auto const done = must(dry);

  BOOST_TEST(done.revision == 0U);
  BOOST_TEST(done.changes.at(0)->revision == 1U);
  BOOST_TEST(written.empty());
}

BOOST_AUTO_TEST_CASE(a_rollback_reaches_a_revision_of_the_same_transaction) {
  auto const all =
      decide_together({set({{"n.a", "1"}}), set({{"n.a", "2"}}), rollback_request{.revision = 1}});

  BOOST_TEST(all.at(2).value().revision == 3U);
  BOOST_TEST(text("n") == R"({"a":1})");
}

BOOST_AUTO_TEST_CASE(an_exception_rejects_one_request) {
  history = [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
    throw std::runtime_error("unexpected");
  };

  auto const all = decide_together({rollback_request{.revision = 0}, set({{"n.a", "1"}})});

  BOOST_TEST((all.at(0).error().code == errc::store_failed));
  BOOST_TEST(all.at(1).has_value());
}

BOOST_AUTO_TEST_CASE(a_broken_store_and_a_lack_of_memory_concern_all_requests) {
  history = [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
    throw storage_failure("broken");
  };
  BOOST_CHECK_THROW(decide(rollback_request{.revision = 0}), storage_failure);

  history = [](revision_number, std::string const&) -> result<std::map<std::string, std::string>> {
    throw std::bad_alloc();
  };
  BOOST_CHECK_THROW(decide(rollback_request{.revision = 0}), std::bad_alloc);
}

BOOST_AUTO_TEST_CASE(a_pending_change_that_changes_nothing_is_not_made) {
  must(set({{"n.a", "1"}}));
  auto same = set({{"n.a", "1"}});
  same.ends = expiry{.after = std::chrono::seconds(60)};

  auto const done = must(same);

  BOOST_TEST(!done.deadline.has_value());
  BOOST_TEST(state.pending.empty());
}

BOOST_AUTO_TEST_SUITE_END()
