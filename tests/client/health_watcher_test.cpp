#include "client/health_watcher.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace cfgd::client;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;
using std::chrono::milliseconds;

namespace {

using health_result = result<cfgd::client::health_watcher::event>;

struct fixture {
  cfgd::test::temporary_directory directory;
  std::string path = directory / "socket";
  asio::io_context loop{1};
  int lost = 0;

  health_watch_options options() {
    health_watch_options out;
    out.address = path;
    out.shortest_wait = milliseconds(1);
    out.longest_wait = milliseconds(4);
    out.on_lost = [this](call_error const&) { ++lost; };
    return out;
  }

  health_result next(cfgd::client::health_watcher& watched) {
    std::optional<health_result> outcome;
    asio::co_spawn(loop, watched.next(),
                   [&](std::exception_ptr const& failed, health_result event) {
                     if (failed) std::rethrow_exception(failed);
                     outcome.emplace(std::move(event));
                   });
    loop.restart();
    loop.run_for(std::chrono::seconds(20));
    BOOST_REQUIRE(outcome.has_value());
    return std::move(*outcome);
  }
};

/// Receives the call and sends a report of each status; then closes, or waits for the client.
enum class ending { close, wait };
scripted_peer::script tell(std::vector<std::string> statuses, ending end) {
  return [=](scripted_connection& client) {
    std::string const got = client.receive();
    if (got != R"({"method":"io.cfgd.Service.WatchHealth","more":true})") {
      throw std::runtime_error("unexpected call: " + got);
    }
    for (auto const& status : statuses)
      client.send(R"({"parameters":{"status":")" + status + R"(","checks":[]},"continues":true})");
    if (end == ending::wait) client.wait_for_close();
  };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(health_watcher, fixture)

BOOST_AUTO_TEST_CASE(the_first_report_is_whole_and_the_others_are_changes) {
  scripted_peer peer(path, {tell({"healthy", "warning"}, ending::wait)});
  {
    cfgd::client::health_watcher watched(loop.get_executor(), options());

    auto const first = next(watched);
    auto const second = next(watched);

    BOOST_TEST(first.value().whole);
    BOOST_TEST(first.value().report.status == "healthy");
    BOOST_TEST(!second.value().whole);
    BOOST_TEST(second.value().report.status == "warning");
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_made_again_and_begins_whole) {
  scripted_peer peer(path, {tell({"healthy"}, ending::close), tell({"critical"}, ending::wait)});
  {
    cfgd::client::health_watcher watched(loop.get_executor(), options());

    BOOST_TEST(next(watched).value().whole);
    auto const again = next(watched);

    BOOST_TEST(again.value().whole);
    BOOST_TEST(again.value().report.status == "critical");
    BOOST_TEST(lost == 1);
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(nobody_there_at_first_is_an_error) {
  cfgd::client::health_watcher watched(loop.get_executor(), options());

  auto const first = next(watched);

  BOOST_REQUIRE(!first);
  BOOST_TEST((first.error().kind == failure::unreachable));
  BOOST_TEST((next(watched).error().kind == failure::closed));
}

BOOST_AUTO_TEST_CASE(a_refusal_ends_it) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       client.send(R"({"error":"org.varlink.service.MethodNotImplemented"})");
                       client.wait_for_close();
                     }});
  cfgd::client::health_watcher watched(loop.get_executor(), options());

  BOOST_TEST((next(watched).error().kind == failure::refused));
}

BOOST_AUTO_TEST_CASE(stop_ends_what_waits) {
  scripted_peer peer(path, {tell({"healthy"}, ending::wait)});
  cfgd::client::health_watcher watched(loop.get_executor(), options());
  BOOST_TEST(next(watched).has_value());

  asio::post(loop, [&] { watched.stop(); });
  auto const stopped = next(watched);

  BOOST_REQUIRE(!stopped);
  BOOST_TEST((stopped.error().kind == failure::closed));
}

BOOST_AUTO_TEST_SUITE_END()
