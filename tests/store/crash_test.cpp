#include "tests/support/child_process.hpp"
#include "tests/support/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <ostream>

// Processes that die without a warning, at any point. What they acknowledged must be there.

namespace {

using namespace cfgd;
using namespace cfgd::engine;
using namespace cfgd::store;
using namespace cfgd::test;

int number_from(char const* name, int otherwise) {
  char const* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

/// Commits one Set after the other, and says so with one byte for each.
int write_for_ever(std::filesystem::path const& directory, int out) {
  auto const store = config_store::open(directory, limits{}).value();
  while (true) {
    auto const next = std::to_string(store->revision() + 1);
    std::vector<request> const group{set({{"site.a", next}, {"site.b", next}})};
    if (!store->commit(group, at()).at(0)) return 1;
    if (::write(out, "+", 1) != 1) return 2;
  }
}

std::string json_of(std::string const& value) {
  std::string text = R"({"a":)";
  return text.append(value).append(R"(,"b":)").append(value).append("}");
}

constexpr int creations = 30;

std::size_t entries(std::filesystem::path const& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

} // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(no_acknowledged_commit_is_lost_when_the_writer_is_killed) {
  temporary_directory const directory;
  revision_number acknowledged = 0;
  int const kills = number_from("CFGD_KILLS", 20);
  for (int round = 0; round < kills; ++round) {
    child_process writer([&](int out) { return write_for_ever(directory / "state", out); });
    auto const before = writer.read(static_cast<std::size_t>(1 + round * 7 % 40)).size();
    BOOST_REQUIRE(before > 0);
    writer.kill(SIGKILL);
    auto const more = writer.read_all().size();
    BOOST_REQUIRE_EQUAL(writer.wait(), 128 + SIGKILL);
    acknowledged += before + more;

    auto const store = config_store::open(directory / "state", limits{}).value();
    // One more may be durable that could not be acknowledged any more.
    BOOST_REQUIRE(store->revision() == acknowledged || store->revision() == acknowledged + 1);
    acknowledged = store->revision();
    auto const value = std::to_string(acknowledged);
    BOOST_REQUIRE_EQUAL(*store->read("site").text, json_of(value));
    auto const history = store->changes_after(0, 1 << 30);
    BOOST_REQUIRE_EQUAL(history.changes.size(), acknowledged);
    BOOST_REQUIRE_EQUAL(history.changes.back()->revision, acknowledged);
  }
}

BOOST_AUTO_TEST_CASE(a_store_whose_creation_was_killed_can_be_opened) {
  auto const begun = std::chrono::steady_clock::now();
  { store_fixture const whole; }
  auto const whole_time = std::chrono::steady_clock::now() - begun;
  int finished = 0;
  for (int round = 0; round < creations; ++round) {
    temporary_directory const directory;
    child_process maker([&](int out) {
      if (::write(out, "+", 1) != 1) return 2;
      return config_store::open(directory / "state", limits{}).has_value() ? 0 : 1;
    });
    BOOST_REQUIRE_EQUAL(maker.read(1).size(), 1U);
    // Points spread over the time that it takes; there is no event in it to wait for.
    auto const until = std::chrono::steady_clock::now() + whole_time * round / creations;
    while (std::chrono::steady_clock::now() < until) {
    }
    maker.kill(SIGKILL);
    if (maker.wait() == 0) ++finished;

    auto const store = config_store::open(directory / "state", limits{});
    BOOST_REQUIRE_MESSAGE(store.has_value(), "round " << round);
    BOOST_REQUIRE_EQUAL((*store)->revision(), 0U);
    BOOST_REQUIRE_EQUAL(entries(directory / "state"), 3U); // data, key, lock
  }
  BOOST_TEST(finished < creations);
}

BOOST_AUTO_TEST_CASE(leftovers_of_a_creation_are_removed) {
  temporary_directory const directory;
  write_file(directory / "state" / "data.new.abcdef" / "data.mdb", "half a store");
  std::filesystem::create_directory(directory / "state" / "data");

  BOOST_REQUIRE(config_store::open(directory / "state", limits{}).has_value());

  BOOST_TEST(entries(directory / "state") == 3U); // data, key, lock
}

BOOST_AUTO_TEST_SUITE_END()
