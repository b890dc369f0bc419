#include "client/async_connection.hpp"
#include "client/watcher.hpp"
#include "ipc/server.hpp"
#include "tests/client/client_fixture.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace cfgd::client;
using namespace std::chrono_literals;

namespace {

constexpr char const* interface_text = R"(interface io.cfgd.Config

method Get(keys: []string) -> (values: object, missing: []string, revision: int)

# [Requires 'more' flag]
method Watch(prefixes: ?[]string, afterRevision: ?int) -> (
  values: ?object,
  removed: ?[]string,
  ready: ?bool,
  resync: ?bool,
  revision: int
)
)";

/// The project's own server and client in one thread, on one socket.
struct fixture : cfgd::test::loop_fixture {
  cfgd::limits bounds;
  std::optional<cfgd::ipc::server> server;
  std::vector<cfgd::ipc::responder> watching;
  std::vector<std::int64_t> resumed;

  fixture() { start_server(); }
  ~fixture() { stop(); }
  fixture(fixture const&) = delete;
  fixture& operator=(fixture const&) = delete;

  void start_server() {
    server.emplace(loop.get_executor(), bounds, cfgd::ipc::server::identity{"v", "p", "1", "u"});
    server->add_interface(interface_text);
    server->bind("io.cfgd.Config.Get", [](cfgd::ipc::call const& asked) {
      asked.answer.fail("io.cfgd.Config.BadKey",
                        R"({"key":)" + boost::json::serialize(asked.parameters.at("keys").at(0)) +
                            R"(,"message":"no"})");
    });
    server->bind("io.cfgd.Config.Watch", [this](cfgd::ipc::call const& asked) {
      auto const* const after = asked.parameters.if_contains("afterRevision");
      resumed.push_back(after != nullptr ? after->as_int64() : -1);
      watching.push_back(asked.answer);
      if (after == nullptr) {
        watching.back().reply_continues(R"({"values":{"a.b":1},"ready":true,"revision":5})");
      } else {
        watching.back().reply_continues(R"({"ready":true,"revision":5})");
      }
    });
    server->listen(path).value();
  }

  void stop() {
    watching.clear();
    bool stopped = false;
    server->stop(0ms, [&] { stopped = true; });
    run_until([&] { return stopped; });
    server.reset();
  }

  template <class Holds>
  void run_until(Holds holds) {
    auto const end = std::chrono::steady_clock::now() + 20s;
    loop.restart();
    while (!holds()) {
      BOOST_REQUIRE(std::chrono::steady_clock::now() < end);
      loop.run_one_for(100ms);
      loop.restart();
    }
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(server, fixture)

BOOST_AUTO_TEST_CASE(errors_come_back_with_their_parameters) {
  async_connection service(loop.get_executor(), path);

  auto const refused = run(service.get({"x.\"y z\""}));
  auto const wrong = run(service.call("io.cfgd.Config.Get"));
  auto const none = run(service.call("io.cfgd.Config.Frob"));

  BOOST_TEST(refused.error().name == "io.cfgd.Config.BadKey");
  BOOST_TEST(refused.error().parameters.at("key").as_string() == "x.\"y z\"");
  BOOST_TEST(wrong.error().name == "org.varlink.service.InvalidParameter");
  BOOST_TEST(none.error().name == "org.varlink.service.MethodNotFound");
  BOOST_TEST(service.is_open());
}

BOOST_AUTO_TEST_CASE(a_watch_goes_on_with_a_restarted_server) {
  watch_options how;
  how.address = path;
  how.shortest_wait = 1ms;
  how.longest_wait = 20ms;
  cfgd::client::watcher watched(loop.get_executor(), how);

  BOOST_TEST(run(watched.next()).value().revision == 5U);
  stop();
  start_server();
  auto const event = start(watched.next());
  run_until([&] { return resumed.size() == 2; });
  watching.back().reply_continues(R"({"values":{"a.b":2},"revision":6})");
  run_until([&] { return event->has_value(); });

  BOOST_TEST(resumed.at(1) == 5);
  BOOST_TEST((*event)->value().revision == 6U);
}

BOOST_AUTO_TEST_SUITE_END()
