#include "tests/integration/fixture.hpp"
#include "tests/support/attacks.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <string>

// Users who want the service for themselves, each for about a second: what others get meanwhile.
// The limits are those of a busy machine with sanitizers; `cfgd_bench attack` has the figures.

namespace {

using namespace cfgd::test;
using std::chrono::milliseconds;

#if defined(__SANITIZE_ADDRESS__)
constexpr bool with_sanitizer = true;
#else
constexpr bool with_sanitizer = false;
#endif

constexpr milliseconds attack_time{1'000};
constexpr milliseconds longest_call{with_sanitizer ? 10'000 : 2'000};
constexpr milliseconds longest_stop{with_sanitizer ? 10'000 : 2'000};
constexpr std::size_t most_bytes = 256U * 1024 * 1024;

std::size_t resident_bytes(pid_t pid) {
  auto const text = read_file("/proc/" + std::to_string(pid) + "/status");
  return std::stoull(text.substr(text.find("VmRSS:") + 6)) * 1024;
}

/// The attacker first: it must be forked before the daemon's log is read by a thread.
struct attackable {
  attacker enemy;
  running service{{.arguments = {"--log-level", "error"}, .environment = {}}};

  attackable() {
    std::filesystem::permissions(service.directory.path(), std::filesystem::perms(0711));
    service.save("big.json", big_document(1024 * 1024, 'a'));
    service.save("site.json", R"({"n":0})");
    service.save("worst.json", "{}");
    service.save_schema("worst.json", worst_schema());
    service.daemon.start();
    for (int number = 0; number < 20; ++number)
      service.daemon.connect()
          .set({.values = {{"filler.v", std::string(50'000, static_cast<char>('a' + number))}}})
          .value();
  }
};

struct outcome {
  milliseconds longest_get{0};
  milliseconds longest_set{0};
  std::size_t wrong = 0; ///< replies that did not come, or are errors
  std::size_t peak = 0;
};

void ask(bystander& who, std::string_view method, std::string const& parameters,
         milliseconds& longest, outcome& out) {
  auto const before = std::chrono::steady_clock::now();
  auto const reply = who.ask(method, parameters, longest_call);
  auto const took = std::chrono::steady_clock::now() - before;
  longest = std::max(longest, std::chrono::duration_cast<milliseconds>(took));
  if (!reply || reply->find("\"error\"") != std::string::npos) ++out.wrong;
}

/// What a reader and a writer get until the attack is over.
outcome live_on(attackable& with, bystander& reader, bystander& writer) {
  outcome out;
  auto const end = std::chrono::steady_clock::now() + attack_time;
  for (int number = 1; std::chrono::steady_clock::now() < end; ++number) {
    ask(reader, "Config.Get", R"({"keys":["big.a1"]})", out.longest_get, out);
    ask(writer, "Config.Set", R"({"values":{"site.n":)" + std::to_string(number) + "}}",
        out.longest_set, out);
    out.peak = std::max(out.peak, resident_bytes(with.service.daemon.pid()));
  }
  return out;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (auto const& one : attacks())
    all.emplace_back(one.name);
  return all;
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(crowds)

BOOST_DATA_TEST_CASE(others_are_served_during_an_attack, boost::unit_test::data::make(names())) {
  attackable with;
  BOOST_TEST(with.service.source("schemas/worst.json").state == "active");
  bystander reader(with.service.daemon.socket(), bystander::user::third);
  bystander writer(with.service.daemon.socket(), bystander::user::self);
  with.enemy.begin(*find_attack(sample), with.service.daemon.socket(), attack_time);

  auto const seen = live_on(with, reader, writer);

  BOOST_TEST(with.enemy.wait());
  BOOST_TEST(seen.wrong == 0U);
  BOOST_TEST(reader.lost() + writer.lost() == 0U);
  BOOST_TEST(seen.longest_get.count() < longest_call.count());
  BOOST_TEST(seen.longest_set.count() < longest_call.count());
  if (!with_sanitizer) BOOST_TEST(seen.peak < most_bytes);
  // It is the same process, and it stops when it is asked to.
  BOOST_TEST(with.service.value("site.n") != "0");
  auto const before = std::chrono::steady_clock::now();
  BOOST_TEST(with.service.daemon.stop() == 0);
  BOOST_TEST((std::chrono::steady_clock::now() - before < longest_stop));
}

BOOST_DATA_TEST_CASE(the_service_stops_during_an_attack, boost::unit_test::data::make(names())) {
  attackable with;
  bystander reader(with.service.daemon.socket(), bystander::user::third);
  with.enemy.begin(*find_attack(sample), with.service.daemon.socket(), 2 * attack_time);
  for (int count = 0; count < 10; ++count)
    (void)reader.ask("Config.Get", R"({"keys":["big.a1"]})", longest_call);

  auto const before = std::chrono::steady_clock::now();
  int const code = with.service.daemon.stop();
  auto const took = std::chrono::steady_clock::now() - before;

  BOOST_TEST(code == 0);
  BOOST_TEST((took < longest_stop), std::chrono::duration_cast<milliseconds>(took).count()
                                        << " ms to stop");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
