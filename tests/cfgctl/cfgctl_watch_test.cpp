#include "tests/cfgctl/cfgctl_talk.hpp"

#include <csignal>
#include <stdexcept>

using cfgd::test::cfgctl_fixture;
using cfgd::test::exchange;
using cfgd::test::refused;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;

BOOST_FIXTURE_TEST_SUITE(cfgctl_watch, cfgctl_fixture)

BOOST_AUTO_TEST_CASE(watch_goes_on_over_a_reconnect_and_ends_with_0_on_a_signal) {
  scripted_peer peer(
      path,
      {[](scripted_connection& client) {
         if (client.receive() !=
             R"({"method":"io.cfgd.Config.Watch","parameters":{"prefixes":["a"]},"more":true})") {
           throw std::runtime_error("unexpected call");
         }
         client.send(R"({"parameters":{"values":{"a.b":1},"revision":5},"continues":true})");
         client.send(
             R"({"parameters":{"values":{"a.c":"x"},"ready":true,"revision":5},"continues":true})");
       },
       [](scripted_connection& client) {
         if (client.receive().find(R"("afterRevision":5)") == std::string::npos) {
           throw std::runtime_error("it does not go on");
         }
         client.send(R"({"parameters":{"removed":["a.b"],"revision":6,"origin":{"layer":"admin",)"
                     R"("path":"/e/a.yaml","line":3,"revision":6}},"continues":true})");
         client.wait_for_close();
       }});
  auto run = cfgctl({"watch", "a"});

  run.wait_for_output("a.b removed\n");
  run.send_signal(SIGINT);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "# revision 5\na.b = 1\na.c = \"x\"\n"
                          "# revision 6, admin /e/a.yaml:3\na.b removed\n");
  BOOST_TEST(run.err() == "cfgctl: watch: the service closed the connection; trying again\n");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(watch_prints_one_document_a_line) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       client.send(R"({"parameters":{"values":{"a.b":1},"ready":true,)"
                                   R"("revision":5},"continues":true})");
                       client.send(R"({"parameters":{"values":{"a.b":2},"revision":6},)"
                                   R"("continues":true})");
                       client.wait_for_close();
                     }});
  auto run = cfgctl({"watch", "--json"});

  run.wait_for_output("6,\"values\":{\"a.b\":2}}\n");
  run.send_signal(SIGTERM);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "{\"revision\":5,\"ready\":true,\"values\":{\"a.b\":1}}\n"
                          "{\"revision\":6,\"values\":{\"a.b\":2}}\n");
}

BOOST_AUTO_TEST_CASE(a_refused_watch_ends) {
  scripted_peer peer(path, {exchange({{R"({"method":"io.cfgd.Config.Watch","more":true})",
                                       refused("org.varlink.service.PermissionDenied", "{}")}})});

  auto run = cfgctl({"watch"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err().starts_with("cfgctl: watch: permission denied: needs root"), run.err());
}

BOOST_AUTO_TEST_CASE(a_wait_ends_with_the_value) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       client.send(R"({"parameters":{"values":{"a.b":1},"ready":true,)"
                                   R"("revision":5},"continues":true})");
                       client.send(R"({"parameters":{"values":{"a.b":2},"revision":6},)"
                                   R"("continues":true})");
                       client.wait_for_close();
                     }});

  auto run = cfgctl({"wait", "a.b=2"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "a.b = 2\n");
}

BOOST_AUTO_TEST_CASE(a_wait_takes_the_type_that_the_value_has) {
  for (auto const& [written, value] :
       std::vector<std::pair<std::string, std::string>>{{"12", "\"12\""}, {"1.10", "1.1"}}) {
    scripted_peer peer(path, {[&text = value](scripted_connection& client) {
                         client.receive();
                         client.send(R"({"parameters":{"values":{"a.b":)" + text +
                                     R"(},"ready":true,"revision":5},"continues":true})");
                         client.wait_for_close();
                       }});

    auto run = cfgctl({"wait", "a.b=" + written});

    BOOST_TEST(run.finish() == 0);
    BOOST_TEST(run.out() == "a.b = " + value + "\n");
  }
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_too_long_ends_with_4) {
  scripted_peer::script const never = [](scripted_connection& client) {
    client.receive();
    client.send(R"({"parameters":{"values":{"a.b":1},"ready":true,)"
                R"("revision":5},"continues":true})");
    client.wait_for_close();
  };
  scripted_peer peer(path, {never, never});

  auto run = cfgctl({"wait", "a.b=2", "--timeout", "0.2"});
  BOOST_TEST(run.finish() == 4);
  auto for_programs = cfgctl({"wait", "a.b=2", "--timeout", "0.2", "--json"});

  BOOST_TEST(for_programs.finish() == 4);
  BOOST_TEST(run.err() == "cfgctl: wait a.b: time ran out\n");
  BOOST_TEST(for_programs.out() == R"({"kind":"timeout","message":"wait a.b: time ran out"})"
                                   "\n");
}

BOOST_AUTO_TEST_SUITE_END()
