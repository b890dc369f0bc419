#include "core/log.hpp"
#include "tests/ipc/session_fixture.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace cfgd;
using namespace cfgd::test;

namespace {

/// A message and what comes back: an answer, "closed", or "" if nothing may come (a call behind it
/// must then be answered).
struct probe {
  std::string message;
  std::string answer;
};

std::ostream& operator<<(std::ostream& out, probe const& which) { return out << which.message; }

std::string get_info(std::string_view rest) {
  return R"({"method":"org.varlink.service.GetInfo")" + std::string(rest) + '}';
}

std::string failed(std::string_view name, std::string_view member, std::string_view value) {
  return R"({"error":"org.varlink.service.)" + std::string(name) + R"(","parameters":{")" +
         std::string(member) + R"(":")" + std::string(value) + R"("}})";
}

std::string const info =
    R"({"parameters":{"vendor":"Vendor","product":"Product","version":"1","url":"https://example.org",)"
    R"("interfaces":["org.varlink.service","org.example.try"]}})";

std::string describe(std::string_view parameters) {
  return R"({"method":"org.varlink.service.GetInterfaceDescription","parameters":)" +
         std::string(parameters) + '}';
}

probe const probes[] = {
    {get_info(""), info},
    {get_info(R"(,"parameters":null)"), info},
    {get_info(R"(,"parameters":{})"), info},
    {get_info(R"(,"parameters":[])"), "closed"},
    {get_info(R"(,"parameters":{"zzz":1})"), failed("InvalidParameter", "parameter", "zzz")},
    {get_info(R"(,"zzz":1)"), "closed"},
    {get_info(R"(,"org.example.trace":{"a":1})"), info},
    {get_info(R"(,"more":null)"), "closed"},
    {get_info(R"(,"more":true,"oneway":true)"), "closed"},
    {get_info(R"(,"more":true,"upgrade":true)"), "closed"},
    {get_info(R"(,"more":true)"), info},
    {get_info(R"(,"more":false,"oneway":false,"upgrade":false)"), info},
    {get_info(R"(,"oneway":true)"), ""},
    {get_info(R"(,"upgrade":true)"),
     failed("MethodNotImplemented", "method", "org.varlink.service.GetInfo")},
    {" \n" + get_info("") + "\t ", info},
    {"", "closed"},
    {"{", "closed"},
    {"[]", "closed"},
    {"{}", "closed"},
    {"GET / HTTP/1.1\r\n\r\n", "closed"},
    {R"({"method":"org.varlink.service.GetInfo","method":"org.varlink.service.GetInfo"})",
     "closed"},
    {get_info(",\"parameters\":{\"a\":\"\xff\"}"), "closed"},
    {R"({"method":"org.varlink.service.Nothing"})",
     failed("MethodNotFound", "method", "org.varlink.service.Nothing")},
    {R"({"method":"org.example.nothing.Get"})",
     failed("InterfaceNotFound", "interface", "org.example.nothing")},
    {R"({"method":"GetInfo"})", failed("MethodNotFound", "method", "GetInfo")},
    {R"({"method":""})", failed("MethodNotFound", "method", "")},
    {R"({"method":"."})", failed("InterfaceNotFound", "interface", "")},
    {R"({"method":"\"\u0007"})", failed("MethodNotFound", "method", R"(\"\u0007)")},
    {R"({"method":"org.example.try.Unbound"})",
     failed("MethodNotImplemented", "method", "org.example.try.Unbound")},
    {R"({"method":"org.example.try.Stream"})", R"({"error":"org.varlink.service.ExpectedMore"})"},
    {R"({"method":"org.example.try.Stream","oneway":true})", ""},
    {R"({"method":"org.example.nothing.Get","oneway":true})", ""},
    {describe("{}"), failed("InvalidParameter", "parameter", "interface")},
    {describe(R"({"interface":1})"), failed("InvalidParameter", "parameter", "interface")},
    {describe(R"({"interface":null})"), failed("InvalidParameter", "parameter", "interface")},
    {describe(R"({"interface":"org.example.no"})"),
     failed("InterfaceNotFound", "interface", "org.example.no")},
    {try_call("Echo", R"({"text":"a","zzz":1})"), failed("InvalidParameter", "parameter", "zzz")},
    {try_call("Echo", R"({"text":1})"), failed("InvalidParameter", "parameter", "text")},
    {try_call("Types", R"({"flag":true,"text":null})"), R"({"parameters":{"seen":1}})"},
    {try_call("Note"), "{}"},
    {try_call("Note", R"({"text":"\u0000"})"), failed("InvalidParameter", "parameter", "text")},
    {try_call("Throw"),
     R"({"error":"org.example.try.InternalError","parameters":{"message":"the call failed; the service's log has the reason"}})"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(protocol)

BOOST_DATA_TEST_CASE_F(connected_fixture, answers_as_the_table_of_behaviour_says,
                       boost::unit_test::data::make(probes), probe) {
  log::capture silence;

  client.send(probe.message);
  if (probe.answer.empty()) client.send(try_call("Note"));

  BOOST_TEST(received(client) == (probe.answer.empty() ? "{}" : probe.answer));
  if (probe.answer == "closed")
    BOOST_TEST(client.is_closed());
  else
    BOOST_TEST(client.ask(try_call("Echo", R"({"text":"alive"})")) ==
               R"({"parameters":{"text":"alive"}})");
}

BOOST_DATA_TEST_CASE_F(connected_fixture, answers_the_same_when_each_byte_comes_alone,
                       boost::unit_test::data::make(probes), probe) {
  log::capture silence;

  for (char const byte : probe.message + '\0') {
    client.send_raw({&byte, 1});
    loop.restart();
    loop.poll();
  }
  if (probe.answer.empty()) client.send(try_call("Note"));

  BOOST_TEST(received(client) == (probe.answer.empty() ? "{}" : probe.answer));
}

BOOST_FIXTURE_TEST_CASE(what_a_handler_threw_is_for_the_log_alone, connected_fixture) {
  log::capture lines;

  auto const answer = client.ask(try_call("Throw"));

  BOOST_TEST(answer.find("secret") == std::string::npos);
  bool logged = false;
  for (auto const& line : lines.take())
    logged = logged || (line.severity == log::level::error &&
                        line.message.find("org.example.try.Throw failed: the secret reason") !=
                            std::string::npos);
  BOOST_TEST(logged);
}

BOOST_FIXTURE_TEST_CASE(answers_before_garbage_are_sent, connected_fixture) {
  log::capture silence;

  client.send_raw(try_call("Echo", R"({"text":"first"})") + '\0' + "garbage" + '\0' +
                  try_call("Note", R"({"text":"never"})") + '\0');

  BOOST_TEST(client.receive().value_or("") == R"({"parameters":{"text":"first"}})");
  BOOST_TEST(client.is_closed());
  BOOST_TEST(noted.empty());
}

BOOST_FIXTURE_TEST_CASE(the_same_interface_cannot_be_added_twice, session_fixture) {
  start();

  BOOST_CHECK_THROW(server->add_interface(try_interface), std::invalid_argument);
  BOOST_CHECK_THROW(server->add_interface("no interface"), std::invalid_argument);
  BOOST_CHECK_THROW(server->bind("org.example.try.Nothing", [](ipc::call const&) {}),
                    std::invalid_argument);
}

BOOST_FIXTURE_TEST_CASE(a_peer_is_known_by_its_credentials, session_fixture) {
  start();
  std::optional<ipc::peer> seen;
  server->bind("org.example.try.Unbound", [&](ipc::call const& made) {
    seen = made.from;
    made.answer.reply();
  });
  auto client = connect();

  BOOST_TEST(client.ask(try_call("Unbound")) == "{}");

  BOOST_TEST(seen.value().uid == ::getuid());
  BOOST_TEST(seen->gid == ::getgid());
  BOOST_TEST(seen->pid == ::getpid());
  std::vector<gid_t> mine(static_cast<std::size_t>(::getgroups(0, nullptr)));
  BOOST_REQUIRE(::getgroups(static_cast<int>(mine.size()), mine.data()) >= 0);
  mine.push_back(::getgid());
  for (auto const group : mine)
    BOOST_TEST((std::find(seen->groups.begin(), seen->groups.end(), group) != seen->groups.end()));
}

BOOST_FIXTURE_TEST_CASE(counts_what_it_does, session_fixture) {
  start();
  {
    auto client = connect();
    client.ask(try_call("Note"));
    client.ask(try_call("Nothing"));
    BOOST_TEST(server->figures().connections == 1U);
  }

  BOOST_TEST(ended());
  BOOST_TEST(server->figures().accepted == 1U);
  BOOST_TEST(server->figures().calls == 2U);
  BOOST_TEST(server->figures().errors == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
