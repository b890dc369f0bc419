#include "store/snapshot.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <thread>

// A reader on another thread sees a store as of a snapshot, and never keeps its owner waiting.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

constexpr std::size_t much = 1 << 20;

void no_check() {}

struct fixture : store_fixture {
  std::unique_ptr<history_reader> reader = store->make_reader();

  /// "2 1", or why it was not read.
  std::string log(snapshot const& with, history_reader::age how) {
    std::string out;
    auto const ended = reader->run(with, how, no_check, [&out](reading const& in) {
      for (auto const& one : in.log({}, much).changes)
        out += (out.empty() ? "" : " ") + std::to_string(one->revision);
    });
    if (ended == history_reader::outcome::stale) return "stale";
    return ended == history_reader::outcome::done ? out : "interrupted";
  }
};

using age = history_reader::age;

} // namespace

BOOST_FIXTURE_TEST_SUITE(snapshot, fixture)

BOOST_AUTO_TEST_CASE(a_snapshot_is_read_as_it_was_whatever_is_committed_later) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.a", "2"}}));
  auto const old = store->take_snapshot();
  BOOST_TEST(log(*old, age::newest) == "2 1");

  must(set({{"site.a", "3"}}));

  BOOST_TEST(log(*old, age::newest) == "stale");
  BOOST_TEST(log(*old, age::any) == "2 1");
  BOOST_TEST(log(*store->take_snapshot(), age::newest) == "3 2 1");
}

BOOST_AUTO_TEST_CASE(past_values_and_differences_end_at_the_snapshot) {
  must(set({{"site.a", "1"}}));
  must(set({{"site.a", "2"}}));
  auto const old = store->take_snapshot();
  must(set({{"site.a", "3"}}));

  auto const ended = reader->run(*old, age::any, no_check, [](reading const& in) {
    std::vector<std::string> const names{"site"};
    BOOST_TEST(in.values_at(1, names).value().at("site") == R"({"a":1})");
    BOOST_TEST(in.values_at(2, names).value().at("site") == R"({"a":2})");
    BOOST_TEST(in.values_at(3, names).has_error());
    BOOST_TEST(in.differences(1, 2, {}).value().size() == 1U);
    BOOST_TEST(in.blame("site").value().lines.front().value == "2");
    BOOST_TEST(in.changes_after(0, much).changes.size() == 2U);
    BOOST_TEST(in.changes_after(0, much).newest == 2U);
    BOOST_TEST(*in.explain(parse_value_path("site.a").value()).value().value == "2");
    BOOST_TEST(in.validate("site", nullptr).value().empty());
    BOOST_TEST(in.validate("none", nullptr).has_error());
  });
  BOOST_TEST((ended == history_reader::outcome::done));
}

BOOST_AUTO_TEST_CASE(namespaces_are_copied_only_when_they_have_changed) {
  must(set({{"site.a", "1"}}));
  auto const first = store->take_snapshot();
  BOOST_TEST(store->take_snapshot()->state == first->state);
  must(set({{"site.a", "2"}}));
  auto const second = store->take_snapshot();
  BOOST_TEST(second->state != first->state);
  BOOST_TEST(second->state->revision == 2U);
  BOOST_TEST(first->state->revision == 1U);
}

BOOST_AUTO_TEST_CASE(what_the_check_throws_ends_the_work) {
  must(set({{"site.a", "1"}}));
  auto const now = store->take_snapshot();
  std::function<void()> const stop = [] { throw std::runtime_error("too long"); };
  auto const read = [](reading const& in) { static_cast<void>(in.log({}, much)); };

  BOOST_CHECK_THROW(reader->run(*now, age::newest, stop, read), std::runtime_error);

  BOOST_TEST(log(*now, age::newest) == "1");
}

BOOST_AUTO_TEST_CASE(the_owner_does_not_wait_for_a_reader_that_reads_for_long) {
  must(set({{"site.a", "1"}}));
  auto const now = store->take_snapshot();
  std::promise<void> begun;
  std::atomic<bool> ended = false;
  std::optional<history_reader::outcome> how;
  std::thread reading_thread([&] {
    how = reader->run(*now, age::newest, no_check, [&](reading const& in) {
      begun.set_value();
      while (true)
        static_cast<void>(in.log({}, much));
    });
    ended = true;
  });
  begun.get_future().wait();

  // The map grows to hold it, which needs the environment alone.
  auto const large = '"' + std::string(200'000, 'x') + '"';
  for (int value = 0; value < 40; ++value)
    must(set({{"large" + std::to_string(value) + ".a", large}}));
  reading_thread.join();

  BOOST_TEST(ended);
  BOOST_TEST((how == history_reader::outcome::interrupted));
}

BOOST_AUTO_TEST_CASE(a_reader_outlives_its_store) {
  must(set({{"site.a", "1"}}));
  auto const now = store->take_snapshot();

  store.reset();

  BOOST_TEST(log(*now, age::any) == "stale");
}

BOOST_AUTO_TEST_SUITE_END()
