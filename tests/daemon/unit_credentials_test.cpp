#include "daemon/credential_request.hpp"
#include "daemon/unit_credentials.hpp"
#include "ipc/listening_socket.hpp"
#include "tests/support/credential_reader.hpp"
#include "tests/support/loop.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace cfgd;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

std::string name_of(std::string_view rest) { return std::string(1, '\0').append(rest); }

engine::access_entry entry(bool allow, std::vector<engine::operation> what, std::string unit,
                           std::string_view prefix) {
  return {.allow = allow,
          .operations = std::move(what),
          .subjects = {{.what = engine::subject::kind::unit, .name = std::move(unit)}},
          .keys = {key::parse(prefix).value()},
          .path = "/etc/cfgd/access/10-web.toml",
          .line = 3};
}

constexpr auto reads = engine::operation::read;
constexpr auto secrets = engine::operation::secret;

struct with_values {
  result<std::string> get(std::string_view which) const {
    namespace_texts const texts{.whole = R"({"n":1,"s":"a\"b","tls":{"key":"k","name":"x"}})",
                                .shown = R"({"n":1,"s":"a\"b","tls":{"name":"x"}})"};
    return serve_credential(rules, "nginx.service", key::parse(which).value(), &texts);
  }
  void add(bool allow, std::vector<engine::operation> what, std::string_view prefix) {
    rules.entries.push_back(entry(allow, std::move(what), "nginx.service", prefix));
  }
  errc code_of(std::string_view which) const {
    auto const got = get(which);
    BOOST_REQUIRE(!got);
    return got.error().code;
  }

  engine::access_rules rules;
};

using reader = test::credential_reader;

struct served {
  served() : served(limits{}) {}
  explicit served(limits const& bounds)
      : made(loop.context().get_executor(),
             {.own_uid = ::geteuid(), .own_unit = "cfgd.service", .bounds = bounds},
             [this](credential_request const& asked, unit_credentials::answer done) {
               requests.push_back(asked);
               if (value)
                 done(*value);
               else
                 held.push_back(std::move(done));
             }),
        tasks(loop.context().get_executor(), nullptr) {
    auto listening = ipc::listening_socket::make(path(), 0600).value();
    BOOST_REQUIRE(made.adopt(listening.take()).has_value());
    made.start(tasks);
  }
  ~served() {
    made.stop();
    tasks.cancel();
    loop.run_until([this] { return tasks.size() == 0; });
  }
  std::filesystem::path path() const { return directory / "credentials"; }
  /// What one that asks so gets.
  std::string ask(std::string_view name) {
    reader one(name);
    one.connect(path());
    BOOST_REQUIRE(loop.run_until([&] { return one.read(); }));
    return one.text;
  }

  test::temporary_directory directory;
  test::loop loop;
  std::vector<credential_request> requests;
  std::optional<result<std::string>> value = result<std::string>("value");
  std::vector<unit_credentials::answer> held;
  unit_credentials made;
  ipc::task_group tasks;
};

limits small(std::chrono::milliseconds time) {
  limits bounds;
  bounds.credential_connections = 2;
  bounds.credential_time = time;
  return bounds;
}

struct served_small : served {
  served_small() : served(small(50ms)) {}
};
struct served_small_patiently : served {
  served_small_patiently() : served(small(5s)) {}
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(unit_credentials)

BOOST_AUTO_TEST_CASE(the_name_of_systemd_says_unit_and_credential) {
  auto const asked =
      parse_credential_request(name_of("8b0f2a11c3d4e5f6/unit/nginx@a.service/web.tls.password"));

  BOOST_REQUIRE(asked.has_value());
  BOOST_TEST(asked->unit == "nginx@a.service");
  BOOST_TEST(asked->credential == "web.tls.password");
  BOOST_TEST(parse_credential_request(name_of("7/unit/a/b")).has_value());
}

BOOST_DATA_TEST_CASE(another_name_asks_for_nothing,
                     data::make({"", "/unit/a/b", "g/unit/a/b", "A/unit/a/b", "12/unit/a",
                                 "12/unit//b", "12/unit/a/", "12/unit/a/b/c", "12/user/a/b",
                                 "00000000000000001/unit/a/b"}),
                     name) {
  BOOST_TEST(!parse_credential_request(name_of(name)).has_value());
}

BOOST_AUTO_TEST_CASE(a_path_is_no_abstract_name) {
  BOOST_TEST(!parse_credential_request("12/unit/a/b").has_value());
  BOOST_TEST(!parse_credential_request("").has_value());
}

BOOST_FIXTURE_TEST_CASE(without_an_entry_nothing_is_served, with_values) {
  auto const got = get("web.n");

  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().code == errc::denied));
  BOOST_TEST(got.error().message.find("unit:nginx.service") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(an_entry_of_another_unit_is_none, with_values) {
  rules.entries.push_back(entry(true, {reads}, "apache.service", "web"));

  BOOST_TEST((code_of("web.n") == errc::denied));
}

BOOST_FIXTURE_TEST_CASE(a_text_is_itself_and_anything_else_is_json, with_values) {
  add(true, {reads, secrets}, "web");

  BOOST_TEST(get("web.n").value() == "1");
  BOOST_TEST(get("web.s").value() == "a\"b");
  BOOST_TEST(get("web.tls").value() == R"({"key":"k","name":"x"})");
  BOOST_TEST(get("web").value() == R"({"n":1,"s":"a\"b","tls":{"key":"k","name":"x"}})");
}

BOOST_FIXTURE_TEST_CASE(a_secret_needs_the_right_to_secrets, with_values) {
  add(true, {reads}, "web");

  BOOST_TEST(get("web.tls.name").value() == "x");
  BOOST_TEST((code_of("web.tls.key") == errc::denied));
  add(true, {secrets}, "web.tls.key");
  BOOST_TEST(get("web.tls.key").value() == "k");
}

BOOST_FIXTURE_TEST_CASE(what_contains_a_secret_is_not_served_in_part, with_values) {
  add(true, {reads}, "web");
  add(true, {secrets}, "web.tls.name");

  BOOST_TEST((code_of("web.tls") == errc::denied));
  BOOST_TEST((code_of("web") == errc::denied));
}

BOOST_FIXTURE_TEST_CASE(the_entry_that_denies_is_named, with_values) {
  add(false, {reads}, "web.n");
  add(true, {reads}, "web");

  auto const got = get("web.n");

  BOOST_REQUIRE(!got);
  BOOST_TEST(got.error().message.find("/etc/cfgd/access/10-web.toml:3") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_broken_access_file_closes_all, with_values) {
  add(true, {reads}, "web");
  rules.broken = {"/etc/cfgd/access/05.toml"};

  auto const got = get("web.n");

  BOOST_REQUIRE(!got);
  BOOST_TEST(got.error().message.find("05.toml") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_has_no_value_is_not_found_by_who_may_read_it, with_values) {
  BOOST_TEST((code_of("web.missing") == errc::denied));
  add(true, {reads}, "web");

  BOOST_TEST((code_of("web.missing") == errc::not_found));
  BOOST_TEST(
      (serve_credential(rules, "nginx.service", key::parse("web").value(), nullptr).error().code ==
       errc::not_found));
}

BOOST_FIXTURE_TEST_CASE(who_asks_gets_the_value_and_the_end, served) {
  BOOST_TEST(ask("unit/nginx.service/web.s") == "value");

  BOOST_REQUIRE(requests.size() == 1U);
  BOOST_TEST(requests[0].unit == "nginx.service");
  BOOST_TEST(requests[0].credential == "web.s");
  BOOST_TEST(made.figures().served == 1U);
}

BOOST_FIXTURE_TEST_CASE(who_is_refused_gets_no_byte, served) {
  value = error{.code = errc::denied, .message = "no"};

  BOOST_TEST(ask("unit/nginx.service/web.s").empty());
  BOOST_TEST(made.figures().refused == 1U);
}

BOOST_FIXTURE_TEST_CASE(another_name_is_not_asked_about, served) {
  BOOST_TEST(ask("another/name").empty());
  reader nameless;
  nameless.connect(path());
  BOOST_TEST(loop.run_until([&] { return nameless.read(); }));

  BOOST_TEST(nameless.text.empty());
  BOOST_TEST(requests.empty());
}

BOOST_FIXTURE_TEST_CASE(the_own_unit_gets_nothing, served) {
  BOOST_TEST(ask("unit/cfgd.service/web.s").empty());

  BOOST_TEST(requests.empty());
}

BOOST_FIXTURE_TEST_CASE(a_large_value_is_whole, served) {
  std::string const large(150'000, 'x');
  value = large;

  BOOST_TEST((ask("unit/nginx.service/web.s") == large));
}

BOOST_FIXTURE_TEST_CASE(a_value_is_whole_even_if_the_service_ends_before_it_is_read, served) {
  std::string const large(100'000, 'x');
  value = large;
  reader slow("unit/nginx.service/web.s");
  slow.connect(path());
  BOOST_REQUIRE(loop.run_until([&] { return made.figures().served == 1; }));

  made.stop();

  BOOST_TEST(slow.read());
  BOOST_TEST((slow.text == large));
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_the_buffer_is_refused_whole, served) {
  value = std::string(limits::credential_bytes, 'x');

  auto const got = ask("unit/nginx.service/web.s");

  // A machine whose administrator has raised net.core.wmem_max serves it.
  BOOST_TEST((got.empty() || got.size() == limits::credential_bytes));
  BOOST_TEST(made.figures().served + made.figures().refused == 1U);
}

BOOST_FIXTURE_TEST_CASE(nobody_waits_longer_than_the_limit, served_small) {
  value.reset();

  BOOST_TEST(ask("unit/nginx.service/web.s").empty());

  BOOST_REQUIRE(held.size() == 1U);
  held[0](result<std::string>("late"));
  BOOST_TEST(made.figures().served == 0U);
}

BOOST_FIXTURE_TEST_CASE(who_comes_over_the_limit_waits_for_a_place, served_small_patiently) {
  value.reset();
  std::vector<reader> all(3);
  std::array<char const*, 3> const names{"unit/a.service/web", "unit/b.service/web",
                                         "unit/c.service/web"};
  for (std::size_t index = 0; index < all.size(); ++index) {
    all[index] = reader(names.at(index));
    all[index].connect(path());
  }
  BOOST_REQUIRE(loop.run_until([&] { return held.size() == 2; }));
  value = result<std::string>("value");

  held[0](*value);

  BOOST_TEST(loop.run_until([&] { return all[2].read(); }));
  BOOST_TEST(all[2].text == "value");
  BOOST_TEST(loop.run_until([&] { return all[0].read(); }));
  BOOST_TEST(all[0].text == "value");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
