#include "core/message_ids.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/system/machine.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// A real unit gets settings by LoadCredential=, and a real credential of the service gets into a
// file's values.

namespace {

using namespace cfgd::test;

/// Starts a unit that prints what its credential is, and ends; what it printed, in brackets.
std::string credential_of(machine& host, std::string const& name, std::string const& key,
                          std::string const& more = {}) {
  auto const& inside = host.inside();
  write_file(inside.path("/run/systemd/system/" + name),
             "[Service]\n"
             "Type=oneshot\n"
             "LoadCredential=" +
                 key + ":/run/cfgd/credentials\n" + more +
                 "ExecStart=/bin/sh -c 'printf \"[%%s]\" \"$(cat $CREDENTIALS_DIRECTORY/" + key +
                 ")\" >/run/credential-of-test'\n");
  inside.must({"systemctl", "daemon-reload"});
  auto const start = host.systemctl({"start", name});
  BOOST_TEST(start.code == 0, start);
  return inside.must({"cat", "/run/credential-of-test"});
}

struct with_socket : on_machine {
  with_socket() {
    write_file(host.etc("access") / "10-web.toml", "[[entry]]\n"
                                                   "allow = [\"read\", \"secret\"]\n"
                                                   "to = \"unit:cred-reader.service\"\n"
                                                   "keys = [\"web\"]\n"
                                                   "[[entry]]\n"
                                                   "allow = [\"read\"]\n"
                                                   "to = \"unit:cred-plain.service\"\n"
                                                   "keys = [\"web\"]\n");
    write_file(host.etc("schemas") / "web.json",
               R"({"properties":{"password":{"x-secret":true}}})");
    host.save("mail.json", R"({"port":25})");
    host.save("web.json", R"({"port":80,"password":"hunter2"})");
    host.inside().must({"systemctl", "start", "cfgd-credentials.socket"});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credentials, with_socket, *boost::unit_test::precondition(needs_machine()))

BOOST_AUTO_TEST_CASE(a_unit_gets_its_setting_and_starts_the_service_by_that) {
  BOOST_TEST(host.property("ActiveState") == "inactive");

  BOOST_TEST(credential_of(host, "cred-reader.service", "web.port") == "[80]");

  BOOST_TEST(host.property("ActiveState") == "active");
  BOOST_TEST(host.value("web.port") == "80");
}

BOOST_AUTO_TEST_CASE(a_unit_without_an_entry_gets_an_empty_credential) {
  BOOST_TEST(credential_of(host, "cred-other.service", "web.port") == "[]");

  auto const entry =
      host.wait_for_entry({std::string("MESSAGE_ID=") + cfgd::message_id::credential_refused});
  BOOST_TEST(one_field(entry, "MESSAGE").find("cred-other.service") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_unit_gets_nothing_but_what_its_entry_allows) {
  auto const asked = [this](std::string const& unit, std::string const& key) {
    return credential_of(host, unit, key);
  };
  BOOST_TEST(asked("cred-reader.service", "web.password") == "[hunter2]");
  BOOST_TEST(asked("cred-plain.service", "web.port") == "[80]");

  BOOST_TEST(asked("cred-plain.service", "web.password") == "[]"); // a secret
  BOOST_TEST(asked("cred-plain.service", "web") == "[]");          // there is one in it
  BOOST_TEST(asked("cred-reader.service", "mail.port") == "[]");   // of others
  BOOST_TEST(asked("cred-reader.service", "mail.none") == "[]");   // the same if there is none
}

BOOST_AUTO_TEST_CASE(a_default_of_the_unit_stands_in_for_the_socket_and_not_for_a_refusal) {
  std::string const with_default = "SetCredential=web.port:8080\n";

  BOOST_TEST(credential_of(host, "cred-reader.service", "web.port", with_default) == "[80]");
  BOOST_TEST(credential_of(host, "cred-other.service", "web.port", with_default) == "[]");

  host.inside().must({"systemctl", "stop", "cfgd-credentials.socket"});
  BOOST_TEST(credential_of(host, "cred-reader.service", "web.port", with_default) == "[8080]");
}

BOOST_AUTO_TEST_CASE(a_file_takes_a_credential_of_the_service) {
  write_file(host.inside().path("/run/given-to-cfgd"), "from systemd\n");
  host.drop_in("60-credential", "LoadCredential=db:/run/given-to-cfgd\n");
  host.save("web.json", R"({"name":{"$credential":"db"}})");

  BOOST_TEST(host.value("web.name") == "\"from systemd\"");
}

BOOST_AUTO_TEST_SUITE_END()
