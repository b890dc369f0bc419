#include "core/message_ids.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/system/machine.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

// Reading everything again, as the administrator asks for it.

namespace {

using namespace cfgd::test;

/// What a file brings is not read by itself for an hour.
std::string const patient = "[watch]\nquiet_ms = 3600000\nlate_ms = 3600000\nsweep_ms = 3600000\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(reload, on_machine, *boost::unit_test::precondition(needs_machine()))

BOOST_AUTO_TEST_CASE(a_reload_returns_when_every_edit_is_effective) {
  write_file(host.etc("cfgd.toml"), patient);
  for (int i = 0; i < 20; ++i)
    host.save("app" + std::to_string(i) + ".json", R"({"n":1})");
  host.systemctl({"start", "cfgd.service"});
  for (int i = 0; i < 20; ++i)
    host.save("app" + std::to_string(i) + ".json", R"({"n":2})");
  BOOST_TEST(host.value("app7.n") == "1");
  pid_t const daemon = host.daemon();

  auto const reload = host.systemctl({"reload", "cfgd.service"});

  BOOST_TEST(reload.code == 0, reload);
  auto const all = host.connect().list().value();
  BOOST_TEST(all.values.size() == 20U);
  for (auto const& [key, value] : all.values)
    BOOST_TEST(value == 2);
  BOOST_TEST(host.daemon() == daemon);
  BOOST_TEST(host.property("ActiveState") == "active");
}

BOOST_AUTO_TEST_CASE(a_reload_fails_when_the_settings_are_faulty_and_nothing_else_happens) {
  host.save("app.json", R"({"n":1})");
  host.systemctl({"start", "cfgd.service"});
  pid_t const daemon = host.daemon();
  write_file(host.etc("cfgd.toml"), "[watch]\nquiet_ms = \"soon\"\n");

  auto const reload = host.systemctl({"reload", "cfgd.service"});

  BOOST_TEST(reload.code != 0, reload);
  BOOST_TEST(host.daemon() == daemon);
  BOOST_TEST(host.property("ActiveState") == "active");
  BOOST_TEST(host.value("app.n") == "1");
  auto const entry =
      host.wait_for_entry({std::string("MESSAGE_ID=") + cfgd::message_id::settings_faulty});
  BOOST_TEST_MESSAGE(entry);
  BOOST_TEST(one_field(entry, "CFGD_PATH") == "/etc/cfgd/cfgd.toml");
  BOOST_TEST(one_field(entry, "CFGD_LINE") == "2");

  write_file(host.etc("cfgd.toml"), "[watch]\nquiet_ms = 10\n");
  auto const mended = host.systemctl({"reload", "cfgd.service"});

  BOOST_TEST(mended.code == 0, mended);
  BOOST_TEST(host.daemon() == daemon);
}

BOOST_AUTO_TEST_CASE(a_hangup_reads_everything_again) {
  write_file(host.etc("cfgd.toml"), patient);
  host.save("app.json", R"({"n":1})");
  host.systemctl({"start", "cfgd.service"});
  pid_t const daemon = host.daemon();
  host.save("app.json", R"({"n":2})");

  host.inside().must({"systemctl", "kill", "--kill-whom=main", "--signal=HUP", "cfgd.service"});

  auto const entry = host.wait_for_entry({"CFGD_KEY=app.n", "CFGD_REVISION=2"});
  BOOST_TEST(one_field(entry, "CFGD_PATH") == "/etc/cfgd/namespaces/app.json");
  BOOST_TEST(host.value("app.n") == "2");
  BOOST_TEST(host.daemon() == daemon);
}

BOOST_AUTO_TEST_CASE(a_hangup_with_faulty_settings_is_reported_and_survived) {
  host.save("app.json", R"({"n":1})");
  host.systemctl({"start", "cfgd.service"});
  pid_t const daemon = host.daemon();
  write_file(host.etc("cfgd.toml"), "[watch\n");

  host.inside().must({"systemctl", "kill", "--kill-whom=main", "--signal=HUP", "cfgd.service"});

  auto const entry =
      host.wait_for_entry({std::string("MESSAGE_ID=") + cfgd::message_id::settings_faulty});
  BOOST_TEST(one_field(entry, "CFGD_LINE") == "1");
  BOOST_TEST(host.value("app.n") == "1");
  BOOST_TEST(host.daemon() == daemon);
}

BOOST_AUTO_TEST_CASE(the_settings_say_how_much_is_logged) {
  host.save("app.json", R"({"n":1})");
  write_file(host.etc("cfgd.toml"), "[log]\nlevel = \"warning\"\n");
  host.systemctl({"start", "cfgd.service"});
  host.save("app.json", R"({"n":2})");
  host.connect().sync().value();
  BOOST_TEST(host.journal({"CFGD_KEY=app.n"}).empty());

  write_file(host.etc("cfgd.toml"), "[log]\nlevel = \"notice\"\n");
  auto const reload = host.systemctl({"reload", "cfgd.service"});
  host.save("app.json", R"({"n":3})");

  BOOST_TEST(reload.code == 0, reload);
  BOOST_TEST(one_field(host.wait_for_entry({"CFGD_KEY=app.n"}), "CFGD_REVISION") == "3");
}

BOOST_AUTO_TEST_SUITE_END()
