#include "core/message_ids.hpp"
#include "tests/integration/stream.hpp"
#include "tests/system/machine.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

// Nobody starts the service: the first client does, whoever it is.

namespace {

using namespace cfgd::test;

bool contains(std::string const& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(activation, on_machine, *boost::unit_test::precondition(needs_machine()))

BOOST_AUTO_TEST_CASE(a_call_of_root_starts_the_service) {
  BOOST_TEST(host.property("ActiveState") == "inactive");

  auto const set = host.cfgctl({"set", "app.n=1"});

  BOOST_TEST(set.code == 0, set);
  BOOST_TEST(host.property("ActiveState") == "active");
  BOOST_TEST(host.value("app.n") == "1");
}

BOOST_AUTO_TEST_CASE(a_call_of_a_member_of_the_group_starts_the_service_and_writes) {
  auto const set = host.cfgctl({"set", "app.n=2"}, "operator");
  auto const reload = host.cfgctl({"reload"}, "operator");

  BOOST_TEST(set.code == 0, set);
  BOOST_TEST(reload.code == 0, reload);
  BOOST_TEST(host.property("ActiveState") == "active");
  BOOST_TEST(host.value("app.n") == "2");
}

BOOST_AUTO_TEST_CASE(a_call_of_anybody_starts_the_service_and_reads) {
  host.save("app.json", R"({"n":3})");

  auto const get = host.cfgctl({"get", "app.n"}, "visitor");

  BOOST_TEST(get.code == 0, get);
  BOOST_TEST(get.out == "3\n");
  BOOST_TEST(host.property("ActiveState") == "active");
}

BOOST_AUTO_TEST_CASE(anybody_else_does_not_write_and_the_journal_has_it) {
  host.save("app.json", R"({"n":3})");

  auto const set = host.cfgctl({"set", "app.n=4"}, "visitor");
  auto const reload = host.cfgctl({"reload"}, "visitor");

  BOOST_TEST(set.code == 1, set);
  BOOST_TEST(contains(set.err, "cfgd-admin"), set);
  BOOST_TEST(reload.code == 1, reload);
  BOOST_TEST(contains(reload.err, "cfgd-admin"), reload);
  BOOST_TEST(host.value("app.n") == "3");
  auto const entry =
      host.wait_for_entry({std::string("MESSAGE_ID=") + cfgd::message_id::call_refused});
  BOOST_TEST_MESSAGE(entry);
  auto const uid = host.inside().must({"id", "--user", "visitor"});
  BOOST_TEST(one_field(entry, "CFGD_PEER_UID") + '\n' == uid);
  BOOST_TEST(one_field(entry, "CFGD_PEER_PID") != "-");
  BOOST_TEST(one_field(entry, "PRIORITY") == "4");
  BOOST_TEST(contains(one_field(entry, "MESSAGE"), "denied write to 'app' by uid "));
}

BOOST_AUTO_TEST_CASE(the_first_answer_has_every_file_in_it) {
  for (int i = 0; i < 50; ++i)
    host.save("app" + std::to_string(i) + ".json", R"({"n":1})");

  auto connected = host.connect();
  auto const all = connected.list().value();

  BOOST_TEST(all.values.size() == 50U);
  BOOST_TEST(all.revision == connected.sync().value());
}

BOOST_AUTO_TEST_CASE(a_start_returns_when_every_file_was_read) {
  for (int i = 0; i < 50; ++i)
    host.save("app" + std::to_string(i) + ".json", R"({"n":1})");

  auto const start = host.systemctl({"start", "cfgd.service"});

  BOOST_TEST(start.code == 0, start);
  auto const status = host.property("StatusText");
  BOOST_TEST_MESSAGE(status);
  BOOST_TEST(contains(status, "50"));
  BOOST_TEST(contains(status, "revision"));
}

BOOST_AUTO_TEST_CASE(clients_find_the_interfaces_in_the_registry) {
  for (char const* const name : {"io.cfgd.Config", "io.cfgd.History", "io.cfgd.Service"}) {
    auto const link = "/run/varlink/registry/" + std::string(name);

    auto const text =
        host.inside().run({"cfgctl", "--socket", link, "introspect", name}, "visitor");

    BOOST_TEST(text.code == 0, text);
    BOOST_TEST(contains(text.out, "interface " + std::string(name)), text);
  }
}

BOOST_AUTO_TEST_CASE(the_manager_is_answered_in_its_own_words) {
  stream client(host.socket());

  auto const ping = client.ask(R"({"method":"io.systemd.service.Ping"})");
  client.ask(R"({"method":"io.systemd.service.SetLogLevel","parameters":{"level":7}})");
  auto const level = client.ask(R"({"method":"io.systemd.service.GetLogLevel"})");

  BOOST_TEST(!ping.contains("error"));
  BOOST_TEST(boost::json::serialize(level) == R"({"parameters":{"level":7}})");
}

BOOST_AUTO_TEST_SUITE_END()
