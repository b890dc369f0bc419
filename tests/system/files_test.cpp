#include "core/json.hpp"
#include "core/message_ids.hpp"
#include "tests/integration/stream.hpp"
#include "tests/system/machine.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

// A file is edited: what its readers, the journal and the administrator see of it.

namespace {

using namespace cfgd::test;

std::string const site = "/etc/cfgd/namespaces/site.json";
std::string const cfgctl = CFGD_PREFIX "/bin/cfgctl";

bool contains(std::string const& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

std::string id(char const* of) { return std::string("MESSAGE_ID=") + of; }

} // namespace

BOOST_FIXTURE_TEST_SUITE(files, on_machine, *boost::unit_test::precondition(needs_machine()))

BOOST_AUTO_TEST_CASE(an_edit_reaches_a_watcher) {
  host.save("site.json", R"({"domain":"old.example"})");
  auto const watching = host.inside().start({"cfgctl", "watch", "site"}, "visitor");
  watching->wait_for_output("old.example");

  host.save("site.json", R"({"domain":"new.example"})");

  watching->wait_for_output("new.example");
  BOOST_TEST(!contains(watching->out().substr(watching->out().find("new.example")), "old.example"));
}

BOOST_AUTO_TEST_CASE(an_edit_is_an_entry_of_the_journal_with_its_fields_and_without_its_values) {
  host.save("site.json", "{\n  \"domain\": \"old.example\"\n}\n");
  host.connect().sync().value();

  host.save("site.json", "{\n  \"domain\": \"a-value-not-to-be-revealed\",\n  \"port\": 80\n}\n");

  auto const entry = host.wait_for_entry({"CFGD_KEY=site.port"});
  BOOST_TEST_MESSAGE(entry);
  BOOST_TEST(one_field(entry, "MESSAGE_ID") == cfgd::message_id::changed);
  BOOST_TEST(one_field(entry, "PRIORITY") == "5");
  BOOST_TEST(one_field(entry, "CFGD_NAMESPACE") == "site");
  BOOST_TEST(one_field(entry, "CFGD_REVISION") == "2");
  BOOST_TEST(one_field(entry, "CFGD_PATH") == site);
  BOOST_TEST(field(entry, "CFGD_KEY").size() == 2U);
  BOOST_TEST(contains(one_field(entry, "CODE_FILE"), "daemon/"));
  BOOST_TEST(one_field(entry, "CODE_LINE") != "-");
  BOOST_TEST(one_field(entry, "CODE_FUNC") != "-");
  BOOST_TEST(one_field(entry, "SYSLOG_IDENTIFIER") == "cfgd");
  BOOST_TEST(one_field(entry, "_SYSTEMD_UNIT") == "cfgd.service");
  BOOST_TEST(!contains(boost::json::serialize(entry), "not-to-be-revealed"));
}

BOOST_AUTO_TEST_CASE(a_call_is_an_entry_with_who_made_it) {
  host.inside().must({"systemd-run", "--quiet", "--wait", "--unit=writer", "--uid=operator", cfgctl,
                      "set", "site.domain=\"set.example\""});

  auto const entry = host.wait_for_entry({"CFGD_KEY=site.domain"});
  BOOST_TEST_MESSAGE(entry);
  auto const uid = host.inside().must({"id", "--user", "operator"});
  BOOST_TEST(one_field(entry, "CFGD_PEER_UID") + '\n' == uid);
  BOOST_TEST(one_field(entry, "CFGD_PEER_PID") != "-");
  // What would tell the unit is in /proc, and the sandbox hides other users' processes there.
  BOOST_TEST(one_field(entry, "CFGD_UNIT") == "-");
}

BOOST_AUTO_TEST_CASE(the_journal_is_the_audit_trail_of_a_key) {
  host.save("site.json", R"({"domain":"a.example","port":1})");
  host.connect().sync().value();
  host.save("site.json", R"({"domain":"a.example","port":2})");
  host.connect().sync().value();
  host.cfgctl({"set", "site.domain=\"b.example\""});
  host.cfgctl({"unset", "site.domain"});

  auto const trail = host.journal({"CFGD_KEY=site.domain"});

  std::string revisions;
  for (auto const& entry : trail)
    revisions += one_field(entry, "CFGD_REVISION") + ' ';
  BOOST_TEST(revisions == "1 3 4 ");
}

BOOST_AUTO_TEST_CASE(the_journal_explains_its_entries) {
  host.save("site.json", R"({"domain":"old.example"})");
  host.connect().sync().value();

  auto const text = host.explained({"CFGD_KEY=site.domain"});

  BOOST_TEST(contains(text, "The configuration changed: revision 1"), text);
  BOOST_TEST(contains(text, "journalctl CFGD_KEY=site.domain"), text);
}

BOOST_AUTO_TEST_CASE(a_bad_edit_leaves_the_good_values_and_is_reported_until_it_is_corrected) {
  host.save("site.json", "{\n  \"domain\": \"good.example\"\n}\n");
  host.connect().sync().value();
  auto const status_before = host.wait_for_status("revision 1");

  host.save("site.json", "{\n  \"domain\": \"bad.example\",\n  \"port\": ?\n}\n");
  auto const refused = host.wait_for_entry({id(cfgd::message_id::source_quarantined)});

  BOOST_TEST_MESSAGE(refused);
  BOOST_TEST(host.value("site.domain") == "\"good.example\"");
  BOOST_TEST(one_field(refused, "PRIORITY") == "4");
  BOOST_TEST(one_field(refused, "CFGD_PATH") == site);
  BOOST_TEST(one_field(refused, "CFGD_LINE") == "3");
  BOOST_TEST(one_field(refused, "CFGD_NAMESPACE") == "site");
  BOOST_TEST(contains(one_field(refused, "MESSAGE"), "'" + site + "':3:11: "));
  auto const sources = host.cfgctl({"sources"}, "visitor");
  BOOST_TEST(contains(sources.out, "quarantined"), sources);
  BOOST_TEST(contains(sources.out, site + ":3:11"), sources);
  BOOST_TEST_MESSAGE(host.wait_for_status("quarantine"));
  BOOST_TEST(!contains(status_before, "quarantine"));
  auto const explained = host.explained({id(cfgd::message_id::source_quarantined)});
  BOOST_TEST(contains(explained, "The file " + site + " was rejected"), explained);

  host.save("site.json", "{\n  \"domain\": \"mended.example\"\n}\n");
  host.wait_for_entry({id(cfgd::message_id::source_active)});

  BOOST_TEST(host.value("site.domain") == "\"mended.example\"");
  BOOST_TEST(!contains(host.cfgctl({"sources"}).out, "quarantined"));
  BOOST_TEST_MESSAGE(host.wait_for_status("quarantine", presence::absent));
}

BOOST_AUTO_TEST_SUITE_END()
