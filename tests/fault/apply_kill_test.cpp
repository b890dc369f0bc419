#include "tests/integration/applied.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

// kill -9 of cfgd-apply while settings change. CFGD_KILLS says how often.

namespace cases {
using namespace cfgd::test;

BOOST_FIXTURE_TEST_SUITE(apply_kill, applied)

BOOST_AUTO_TEST_CASE(no_file_is_half_written_and_a_target_has_one_revision_after_a_kill) {
  char const* const text = std::getenv("CFGD_KILLS");
  int const kills = text == nullptr ? 15 : std::atoi(text);
  auto const second = out().parent_path() / "second.conf";
  // The files are large enough for a torn one to show.
  std::string const rest(100'000, 'x');
  define("web", "verify = [\"true\"]\n", "{{app.port}} " + rest + "\n",
         "check = [\"grep\", \"-q\", \"x$\", \"{}\"]\n[[file]]\npath = \"" + second.string() +
             "\"\ntemplate = \"web.mustache\"\n");
  begin();
  std::mt19937 random(std::random_device{}());
  int port = 1'000;
  auto const number_in = [&](std::filesystem::path const& path) {
    auto const whole = read_file(path);
    auto const digits = std::min(whole.find(' '), whole.size());
    BOOST_TEST(whole.substr(digits) == " " + rest + "\n");
    return whole.substr(0, digits);
  };

  for (int round = 0; round < kills; ++round) {
    {
      auto connected = daemon.connect();
      for (auto sets = random() % 400 + 1; sets > 0; --sets)
        connected.set({.values = {{"app.port", 1'000 + (port++ % 9'000)}}}).value();
    }
    applying->send_signal(SIGKILL);
    applying->finish();
    if (std::filesystem::exists(out())) number_in(out());
    if (std::filesystem::exists(second)) number_in(second);

    // It completes what was interrupted without the service: then both are of one revision.
    std::filesystem::remove(root / "run" / "targets.json");
    start_applying();
    auto const done = cfgctl({"set", "--wait=30s", "app.host=h" + std::to_string(round)});

    BOOST_TEST(done.code == 0, done);
    auto const last = value("app.port");
    BOOST_TEST(number_in(out()) == last);
    BOOST_TEST(number_in(second) == last);
    wait_for_state("applied");
  }
  BOOST_TEST_MESSAGE(kills << " kills");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
