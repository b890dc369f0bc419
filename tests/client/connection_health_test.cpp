#include "client/async_connection.hpp"
#include "tests/client/client_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace cfgd::client;
using cfgd::test::answer;
using cfgd::test::exchange;
using cfgd::test::scripted_peer;
using std::chrono::milliseconds;

namespace {

std::string call(std::string const& method, std::string const& rest = "") {
  return R"({"method":"io.cfgd.Service.)" + method + '"' + rest + '}';
}

std::string const checks =
    R"({"status":"warning","checks":[)"
    R"({"name":"files","status":"warning","message":"1 is quarantined","details":{"active":3},)"
    R"("durationMs":0.25,"time":"2026-11-23T10:36:32.000Z"},)"
    R"({"name":"store","status":"healthy","message":"","details":{},)"
    R"("durationMs":3,"time":"2026-11-23T10:36:31.000Z"}]})";
std::string const healthy = R"({"status":"healthy","checks":[]})";
std::string const wrong =
    R"({"problems":[{"id":7,"kind":"parse","message":"no value","source":"/e/a.yaml",)"
    R"("recoverable":true,"recovery":"kept what was there","time":"2026-11-23T10:36:32.000Z",)"
    R"("count":2,"context":{"line":3},"lastTime":"2026-11-23T10:37:00.000Z"}],)"
    R"("counts":{"parse":2,"store":1},"critical":false})";

std::string reply(std::string const& parameters) { return R"({"parameters":)" + parameters + '}'; }

std::string part(std::string const& parameters) {
  return R"({"parameters":)" + parameters + R"(,"continues":true})";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(connection_health, cfgd::test::loop_fixture)

BOOST_AUTO_TEST_CASE(checks_come_with_their_details_and_times) {
  scripted_peer peer(path, {exchange({{call("Health"), reply(checks)}})});
  auto service = connected();

  auto const report = service.health();

  BOOST_REQUIRE(report);
  BOOST_TEST(report->status == "warning");
  BOOST_REQUIRE(report->checks.size() == 2U);
  BOOST_TEST(report->checks[0].name == "files");
  BOOST_TEST(report->checks[0].message == "1 is quarantined");
  BOOST_TEST(report->checks[0].details.at("active").as_int64() == 3);
  BOOST_TEST(report->checks[0].duration.count() == 0.25);
  BOOST_TEST(report->checks[1].duration.count() == 3.0); // a whole number is a number
  BOOST_TEST(report->checks[1].time == "2026-11-23T10:36:31.000Z");
}

BOOST_AUTO_TEST_CASE(checks_are_run_by_name_or_all) {
  scripted_peer peer(
      path, {exchange({{call("RunChecks", R"(,"parameters":{"names":["files"]})"), reply(checks)},
                       {call("RunChecks"), reply(healthy)}})});
  {
    auto service = connected();

    BOOST_TEST(service.run_checks({"files"}).value().status == "warning");
    BOOST_TEST(service.run_checks().value().status == "healthy");
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_check_without_its_status_is_no_answer) {
  scripted_peer peer(
      path,
      {exchange({{call("Health"), reply(R"({"status":"healthy","checks":[{"name":"x"}]})")}})});
  auto service = connected();

  auto const report = service.health();

  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().kind == failure::protocol));
}

BOOST_AUTO_TEST_CASE(health_is_reported_until_the_caller_stops) {
  scripted_peer peer(path, {answer("", {part(checks), part(healthy)})});
  auto service = connected(milliseconds(5'000));
  std::vector<std::string> seen;

  auto const done = service.watch_health([&](health_report const& report) {
    // From the first report on a silence may be as long as it likes.
    if (service.time_limit() != milliseconds(0)) return step::stop;
    seen.push_back(report.status);
    return seen.size() == 2 ? step::stop : step::more;
  });

  BOOST_TEST(done.has_value());
  BOOST_TEST(seen == (std::vector<std::string>{"warning", "healthy"}),
             boost::test_tools::per_element());
  BOOST_TEST((service.time_limit() == milliseconds(5'000)));
  BOOST_TEST(!service.is_open());
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_watch_that_the_service_ends_is_closed) {
  scripted_peer peer(path, {answer("", {part(checks), reply(healthy)})});
  auto service = connected();

  auto const done = service.watch_health([](health_report const&) { return step::more; });

  BOOST_REQUIRE(!done);
  BOOST_TEST((done.error().kind == failure::closed));
}

BOOST_AUTO_TEST_CASE(problems_are_asked_for_by_kind_and_number) {
  scripted_peer peer(
      path,
      {exchange({{call("Problems", R"(,"parameters":{"kind":"parse","limit":5})"), reply(wrong)},
                 {call("ClearProblems"), "{}"}})});
  {
    auto service = connected();
    problem_query query;
    query.kind = "parse";
    query.limit = 5;

    auto const report = service.problems(query);

    BOOST_REQUIRE(report);
    BOOST_TEST(!report->critical);
    BOOST_REQUIRE(report->problems.size() == 1U);
    BOOST_TEST(report->problems[0].id == 7);
    BOOST_TEST(report->problems[0].count == 2);
    BOOST_TEST(report->problems[0].recovery == "kept what was there");
    BOOST_TEST(report->problems[0].last_time.value() == "2026-11-23T10:37:00.000Z");
    BOOST_TEST(!report->problems[0].resolved.has_value());
    BOOST_REQUIRE(report->counts.size() == 2U);
    BOOST_TEST(report->counts[1].first == "store");
    BOOST_TEST(report->counts[1].second == 1);
    BOOST_TEST(service.clear_problems().has_value());
  }
  peer.finish();
}

BOOST_AUTO_TEST_CASE(figures_come_as_text) {
  scripted_peer peer(path, {exchange({{call("Metrics"), reply(R"({"text":"# EOF\n"})")}})});
  auto service = connected();

  BOOST_TEST(service.metrics().value() == "# EOF\n");
}

namespace {

/// All of it by the asynchronous client, one after the other.
asio::awaitable<std::vector<std::string>> ask_all(async_connection& service) {
  std::vector<std::string> out;
  out.push_back((co_await service.health()).value().status);
  std::vector<std::string> const names{"files"};
  out.push_back((co_await service.run_checks(names)).value().status);
  problem_query query;
  query.limit = 1;
  out.push_back((co_await service.problems(query)).value().problems.at(0).kind);
  auto const cleared = co_await service.clear_problems();
  out.emplace_back(cleared ? "cleared" : "not cleared");
  out.push_back((co_await service.metrics()).value());
  co_return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_asynchronous_client_asks_the_same) {
  scripted_peer peer(
      path, {exchange({{call("Health"), reply(checks)},
                       {call("RunChecks", R"(,"parameters":{"names":["files"]})"), reply(healthy)},
                       {call("Problems", R"(,"parameters":{"limit":1})"), reply(wrong)},
                       {call("ClearProblems"), "{}"},
                       {call("Metrics"), reply(R"({"text":"# EOF\n"})")}})});
  async_connection service(loop.get_executor(), path);
  auto const seen = run(ask_all(service));
  service.close();

  BOOST_TEST(seen ==
                 (std::vector<std::string>{"warning", "healthy", "parse", "cleared", "# EOF\n"}),
             boost::test_tools::per_element());
  peer.finish();
}

BOOST_AUTO_TEST_SUITE_END()
