#include "tests/ipc/session_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>
#include <string>

using namespace cfgd::test;

namespace {

/// What is counted of one method of org.example.try, or of "unknown".
cfgd::ipc::method_figures of(serving const& here, std::string const& name) {
  cfgd::ipc::method_figures found;
  std::size_t times = 0;
  here.server->each_method(
      [&](std::string_view qualified, cfgd::ipc::method_figures const& figures) {
        if (qualified != "org.example.try." + name && qualified != name) return;
        found = figures;
        ++times;
      });
  BOOST_TEST(times == 1U);
  return found;
}

std::string echo() { return try_call("Echo", R"({"text":"x"})"); }

} // namespace

BOOST_AUTO_TEST_SUITE(method_figures)

BOOST_FIXTURE_TEST_CASE(each_outcome_is_counted_with_its_method, connected_fixture) {
  client.ask(echo());
  client.ask(echo());
  client.ask(try_call("Echo", R"({"text":1})"));
  client.ask(try_call("Throw"));
  client.ask(try_call("Nothing"));
  client.ask(R"({"method":"org.example.other.Get"})");

  auto const echoed = of(*this, "Echo");
  BOOST_TEST(echoed.replied == 2U);
  BOOST_TEST(echoed.failed == 1U);
  BOOST_TEST(echoed.cancelled == 0U);
  BOOST_TEST(echoed.times.count() == 3U);
  BOOST_TEST(of(*this, "Throw").failed == 1U);
  BOOST_TEST(of(*this, "unknown").failed == 2U);
  BOOST_TEST(of(*this, "Hold").times.count() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_call_that_its_client_gives_up_is_cancelled, session_fixture) {
  start();
  {
    auto client = connect();
    client.send(try_call("Hold"));
    BOOST_TEST(holds(1));
  }

  BOOST_TEST(ended());
  BOOST_TEST(of(*this, "Hold").cancelled == 1U);
  BOOST_TEST(of(*this, "Hold").replied == 0U);
}

BOOST_FIXTURE_TEST_CASE(streams_are_not_timed, connected_fixture) {
  client.send(try_call("Stream", "{}", R"(,"more":true)"));
  BOOST_TEST(holds(1));
  held.front().reply();
  BOOST_TEST(client.receive().has_value());

  BOOST_TEST(of(*this, "Stream").replied == 1U);
  BOOST_TEST(of(*this, "Stream").times.count() == 0U);
}

BOOST_FIXTURE_TEST_CASE(of_short_cuts_one_in_64_is_timed_and_stands_for_all, session_fixture) {
  start();
  server->bind_quick("org.example.try.Echo", [](auto, auto const&, std::string& reply) {
    reply += R"({"text":"quick"})";
    return true;
  });
  auto client = connect();
  for (int time = 0; time < 640; ++time)
    client.ask(echo());

  auto const echoed = of(*this, "Echo");
  BOOST_TEST(echoed.replied == 640U);
  BOOST_TEST(echoed.times.count() == 640U);
  BOOST_TEST(std::accumulate(echoed.times.classes().begin(), echoed.times.classes().end(), 0UL) ==
             640U);
  BOOST_TEST(echoed.times.sum_seconds() > 0);
}

BOOST_FIXTURE_TEST_CASE(unsent_replies_are_counted, connected_fixture) {
  BOOST_TEST(server->queued_bytes() == 0U);
  client.send(try_call("Produce", R"({"bytes":3000000})"));

  BOOST_TEST(until([&] { return server->queued_bytes() > 1'000'000; }));
  client.close();
  BOOST_TEST(until([&] { return server->queued_bytes() == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()
