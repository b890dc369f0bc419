#include "tests/integration/activated_daemon.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"
#include "tests/support/credential_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

// The two ways of credentials: from systemd into files, and from the service to units.

namespace {

using namespace cfgd::test;

constexpr char const* schema =
    R"({"properties":{"password":{"type":"string","x-secret":true},"port":{"type":"integer"}}})";

/// Access files say that nginx.service may read all of web and see its password.
constexpr char const* access_of_nginx = "[[entry]]\n"
                                        "allow = [\"read\", \"secret\"]\n"
                                        "to = \"unit:nginx.service\"\n"
                                        "namespaces = [\"web\"]\n"
                                        "[[entry]]\n"
                                        "allow = [\"read\"]\n"
                                        "to = \"unit:reader.service\"\n"
                                        "namespaces = [\"web\"]\n";

struct with_units : running {
  with_units() {
    save_schema("web.json", schema);
    save("web.json", R"({"port":80,"password":"p\"w","name":"x"})");
    save_below("access", "10-web.toml", access_of_nginx);
    daemon.start();
  }
  std::filesystem::path socket() const { return root / "run" / "credentials"; }
  std::string ask(std::string const& unit, std::string const& credential) const {
    return read_credential(socket(), "unit/" + unit + '/' + credential);
  }
};

/// The daemon with credentials of its own.
struct with_credentials {
  void give(std::string_view name, std::string_view text) const {
    std::filesystem::create_directories(given());
    write_file(given() / name, text);
  }
  std::filesystem::path given() const { return directory / "given"; }

  temporary_directory directory;
  running run{{.environment = {"CREDENTIALS_DIRECTORY=" + (directory / "given").string()}}};
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(credentials)

BOOST_FIXTURE_TEST_CASE(a_unit_gets_what_an_entry_allows, with_units) {
  BOOST_TEST(ask("nginx.service", "web.port") == "80");
  BOOST_TEST(ask("nginx.service", "web.password") == "p\"w");
  BOOST_TEST(ask("nginx.service", "web") == R"({"name":"x","password":"p\"w","port":80})");
}

BOOST_FIXTURE_TEST_CASE(a_unit_without_an_entry_gets_nothing_and_the_log_says_why, with_units) {
  BOOST_TEST(ask("other.service", "web.port").empty());

  auto const line = daemon.wait_for_line("unit 'other.service' gets no credential 'web.port'");
  BOOST_TEST(line.find("no entry") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_right_to_read_is_none_to_secrets, with_units) {
  BOOST_TEST(ask("reader.service", "web.port") == "80");
  BOOST_TEST(ask("reader.service", "web.password").empty());
  BOOST_TEST(ask("reader.service", "web").empty());
}

BOOST_FIXTURE_TEST_CASE(what_has_no_value_is_an_empty_credential, with_units) {
  BOOST_TEST(ask("nginx.service", "web.nothing").empty());
  BOOST_TEST(ask("nginx.service", "Not-a-key!").empty());
}

BOOST_FIXTURE_TEST_CASE(a_change_is_in_the_next_answer, with_units) {
  save("web.json", R"({"port":8080})");
  sync();

  BOOST_TEST(ask("nginx.service", "web.port") == "8080");
}

BOOST_FIXTURE_TEST_CASE(another_user_cannot_ask_although_the_name_is_right, with_units, *as_root) {
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(root, std::filesystem::perms(0755));
  bool const is_refused = as_other_user([&] {
    try {
      return ask("nginx.service", "web.port").empty();
    } catch (std::system_error const& refused) {
      return refused.code() == std::errc::permission_denied;
    }
  });
  // Where somebody has opened the socket to everybody, the service looks at the peer.
  std::filesystem::permissions(socket(), std::filesystem::perms(0666));
  bool const is_empty = as_other_user([&] { return ask("nginx.service", "web.port").empty(); });

  BOOST_TEST(is_refused);
  BOOST_TEST(is_empty);
  BOOST_TEST(daemon.wait_for_line("refused a credential to uid 4242").size() > 0U);
}

BOOST_AUTO_TEST_CASE(who_asks_before_the_service_is_ready_waits_for_the_files) {
  temporary_directory directory;
  activated_daemon daemon(directory.path());
  write_file(directory / "root" / "etc" / "namespaces" / "web.json", R"({"port":80})");
  std::filesystem::create_directories(directory / "root" / "etc" / "access");
  write_file(directory / "root" / "etc" / "access" / "10-web.toml", access_of_nginx);
  int const calls = daemon.listening("io.cfgd");
  int const units = daemon.listening("credentials");
  credential_reader early("unit/nginx.service/web.port");
  early.connect(daemon.path_of("credentials"));

  daemon.start({{calls, "varlink"}, {units, "credentials"}});

  BOOST_TEST(early.read_all() == "80");
  BOOST_TEST(activated_daemon::connect(daemon.path_of("io.cfgd")).status().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_value_is_whole_or_nothing_when_the_service_is_killed, with_units) {
  std::string const large(100'000, 'x');
  save("web.json", "{\"large\":\"" + large + "\"}");
  sync();
  std::vector<credential_reader> all;
  for (int count = 0; count < 40; ++count) {
    all.emplace_back("unit/nginx.service/web.large").connect(socket());
    if (count == 20) daemon.wait_for_line("got the credential 'web.large'");
  }

  daemon.kill();

  for (auto& one : all) {
    std::size_t size = 0;
    try {
      size = one.read_all().size();
    } catch (std::system_error const& reset) {
      BOOST_TEST((reset.code() == std::errc::connection_reset)); // it was never accepted
    }
    BOOST_TEST((size == 0 || size == large.size()));
  }
}

BOOST_FIXTURE_TEST_CASE(a_reference_takes_the_value_of_the_credential, with_credentials) {
  give("db", "hunter2\n");
  run.save_schema("web.json", schema);
  run.save("web.json", R"({"password":{"$credential":"db"}})");
  run.daemon.start();

  BOOST_TEST(run.value("web.password") == R"("hunter2")");
}

BOOST_FIXTURE_TEST_CASE(a_new_credential_counts_from_the_next_start, with_credentials) {
  give("db", "one");
  run.save("web.json", R"({"name":{"$credential":"db"}})");
  run.daemon.start();
  BOOST_TEST(run.value("web.name") == R"("one")");
  run.daemon.stop();

  give("db", "two");
  run.daemon.start();

  BOOST_TEST(run.value("web.name") == R"("two")");
}

BOOST_FIXTURE_TEST_CASE(a_missing_one_rejects_the_file_until_it_is_there, with_credentials) {
  run.save("web.json", "{\n \"name\": {\"$credential\": \"db\"}}");
  run.daemon.start();

  auto const line = run.daemon.wait_for_line("there is no credential 'db'");
  BOOST_TEST(line.find("web.json':2:") != std::string::npos, line);
  BOOST_TEST(line.find("web.name") != std::string::npos, line);
  BOOST_TEST(run.value("web.name") == "-");
  run.daemon.stop();
  give("db", "one");
  run.daemon.start();

  BOOST_TEST(run.value("web.name") == R"("one")");
}

BOOST_FIXTURE_TEST_CASE(the_key_of_the_store_is_never_a_value, with_credentials) {
  give("cfgd.key", std::string(32, 'k'));
  run.save("web.json", R"({"name":{"$credential":"cfgd.key"}})");
  run.daemon.start();

  run.daemon.wait_for_line("is the key of the store");
  BOOST_TEST(run.value("web.name") == "-");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
