#include "ipc/message.hpp"
#include "tests/support/certification.hpp"
#include "tests/support/serving.hpp"

#include <boost/test/unit_test.hpp>

using namespace cfgd::test;

namespace {

struct certified_server : serving {
  certified_server() {
    start();
    service.emplace(*server);
  }

  std::optional<certification_service> service;
};

exchange over(varlink_peer& client) {
  return {[&](std::string_view message) { client.send_raw(message); },
          [&] { return client.receive(); }};
}

std::string call(std::string_view method, std::string_view parameters) {
  return R"({"method":"org.varlink.certification.)" + std::string(method) + R"(","parameters":)" +
         std::string(parameters) + '}';
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(certification, certified_server)

BOOST_AUTO_TEST_CASE(our_client_and_our_server_certify_each_other) {
  auto first = connect();
  auto second = connect();

  BOOST_TEST(certify(over(first)) == "");
  BOOST_TEST(certify(over(second)) == "");
  BOOST_TEST(certify(over(first)) == "");
  BOOST_TEST(service->certified() == 3);
}

BOOST_AUTO_TEST_CASE(a_call_out_of_order_is_refused) {
  auto client = connect();
  client.ask(call("Start", "{}"));

  auto const answer = client.ask(call("Test02", R"({"client_id":"client-1","bool":true})"));

  BOOST_TEST(answer.find("org.varlink.certification.CertificationError") != std::string::npos);
  BOOST_TEST(client.ask(call("Test01", R"({"client_id":"client-1"})")) ==
             R"({"error":"org.varlink.certification.ClientIdError"})");
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_refused) {
  auto client = connect();
  client.ask(call("Start", "{}"));
  client.ask(call("Test01", R"({"client_id":"client-1"})"));

  auto const answer = client.ask(call("Test02", R"({"client_id":"client-1","bool":false})"));

  BOOST_TEST(answer.find("CertificationError") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_broken_server_is_found_out) {
  auto client = connect();
  exchange with = over(client);
  int replies = 0;
  with.receive = [&]() -> std::optional<std::string> {
    auto message = client.receive();
    if (++replies == 3) return R"({"parameters":{"int":2}})";
    return message;
  };

  BOOST_TEST(certify(with).find("Test02 answered") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
