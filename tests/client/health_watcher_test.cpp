#include "client/health_watcher.hpp"
#include "tests/client/client_fixture.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace cfgd::client;
using cfgd::test::answer;
using cfgd::test::ending;
using cfgd::test::scripted_peer;
using std::chrono::milliseconds;

namespace {

using health_result = result<cfgd::client::health_watcher::event>;

struct fixture : cfgd::test::loop_fixture {
  int lost = 0;

  health_watch_options options() {
    health_watch_options out;
    out.address = path;
    out.shortest_wait = milliseconds(1);
    out.longest_wait = milliseconds(4);
    out.on_lost = [this](call_error const&) { ++lost; };
    return out;
  }

  health_result next(cfgd::client::health_watcher& watched) { return run(watched.next()); }
};

/// Sends a report of each status.
scripted_peer::script report(std::vector<std::string> const& statuses, ending end = ending::wait) {
  std::vector<std::string> replies;
  replies.reserve(statuses.size());
  for (auto const& status : statuses)
    replies.push_back(R"({"parameters":{"status":")" + status +
                      R"(","checks":[]},"continues":true})");
  return answer(R"({"method":"io.cfgd.Service.WatchHealth","more":true})", replies, end);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(health_watcher, fixture)

BOOST_AUTO_TEST_CASE(the_first_report_is_whole_and_the_others_are_changes) {
  scripted_peer peer(path, {report({"healthy", "warning"})});
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
  scripted_peer peer(path, {report({"healthy"}, ending::close), report({"critical"})});
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
  scripted_peer peer(path,
                     {answer("", {R"({"error":"org.varlink.service.MethodNotImplemented"})"})});
  cfgd::client::health_watcher watched(loop.get_executor(), options());

  BOOST_TEST((next(watched).error().kind == failure::refused));
}

BOOST_AUTO_TEST_CASE(stop_ends_what_waits) {
  scripted_peer peer(path, {report({"healthy"})});
  cfgd::client::health_watcher watched(loop.get_executor(), options());
  BOOST_TEST(next(watched).has_value());

  asio::post(loop, [&] { watched.stop(); });
  auto const stopped = next(watched);

  BOOST_REQUIRE(!stopped);
  BOOST_TEST((stopped.error().kind == failure::closed));
}

BOOST_AUTO_TEST_SUITE_END()
