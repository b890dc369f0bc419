#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

// kill -9 at random moments while several clients write. CFGD_KILLS says how often.

namespace {

using namespace cfgd::test;

int kills() {
  char const* const text = std::getenv("CFGD_KILLS");
  return text == nullptr ? 15 : std::atoi(text);
}

/// Sets app.w<N> to 1, 2, 3 ... until the connection is lost; what was acknowledged last.
void write_until_lost(daemon_process const& daemon, std::size_t writer,
                      std::atomic<std::int64_t>& last) {
  auto connected = cfgd::client::connection::connect(daemon.socket().string());
  if (!connected) return;
  std::string const key = "app.w" + std::to_string(writer);
  for (std::int64_t next = last.load() + 1;; ++next) {
    if (!connected->set({.values = {{key, next}}})) return;
    last.store(next);
  }
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(kill)

BOOST_AUTO_TEST_CASE(every_acknowledged_set_is_there_after_a_kill) {
  constexpr std::size_t writers = 4;
  running test({.arguments = {"--log-level", "warning"}, .environment = {}});
  test.save("app.json", R"({"base":true})");
  test.daemon.start();
  std::vector<std::atomic<std::int64_t>> acknowledged(writers);
  std::uint64_t last_revision = 0;
  unsigned const seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);

  for (int round = 0; round < kills(); ++round) {
    std::vector<std::thread> threads;
    threads.reserve(writers);
    for (std::size_t writer = 0; writer < writers; ++writer)
      threads.emplace_back(
          [&, writer] { write_until_lost(test.daemon, writer, acknowledged[writer]); });
    // A number of commits, not a time, decides when it dies.
    std::uint64_t const until =
        last_revision + std::uniform_int_distribution<std::uint64_t>(1, 200)(random);
    {
      auto observer = watch(test.daemon.socket(), R"(["app"])");
      while (observer.parameters().at("revision").to_number<std::uint64_t>() < until) {
      }
    }
    test.daemon.kill();
    for (auto& thread : threads)
      thread.join();

    test.daemon.start();

    auto connected = test.daemon.connect();
    for (std::size_t writer = 0; writer < writers; ++writer) {
      auto const kept = connected.get_value("app.w" + std::to_string(writer)).value();
      std::int64_t const value = kept ? kept->to_number<std::int64_t>() : 0;
      // One more may have become durable before its answer was on its way.
      BOOST_TEST(value >= acknowledged[writer].load());
      BOOST_TEST(value <= acknowledged[writer].load() + 1);
      acknowledged[writer].store(value);
    }
    BOOST_TEST(test.value("app.base") == "true");
    last_revision = test.revision();
    BOOST_TEST(last_revision >= until);
  }
  std::int64_t sum = 0;
  for (auto const& one : acknowledged)
    sum += one.load();
  BOOST_TEST_MESSAGE(kills() << " kills, " << sum << " acknowledged sets, none lost");
  BOOST_TEST(last_revision == static_cast<std::uint64_t>(sum) + 1); // no gap, no double
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
