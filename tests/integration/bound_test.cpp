#include "client/bound.hpp"
#include "client/connection.hpp"
#include "tests/integration/fixture.hpp"

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

namespace client = cfgd::client;

namespace {

struct tls {
  bool required = true;
  std::string file;
};
BOOST_DESCRIBE_STRUCT(tls, (), (required, file))

struct server {
  std::string title = "no title";
  std::uint16_t port = 80;
  std::chrono::milliseconds timeout{30'000};
  client::byte_size upload{1024};
  std::vector<std::string> hosts;
  ::tls tls;
};
BOOST_DESCRIBE_STRUCT(server, (), (title, port, timeout, upload, hosts, tls))

struct bound_site : cfgd::test::running {
  bound_site() {
    save("site.toml", R"(title = "Books"
timeout = "1.5"
hosts = ["a", "b"]
upload = "2K"
[tls]
required = false
)");
    daemon.start();
  }
  client::live open() {
    client::live_options how;
    how.prefixes = {"site"};
    how.address = daemon.socket().string();
    return client::live::open(how).value();
  }
  void set(char const* key, boost::json::value value) {
    client::transaction change;
    change.values.emplace(key, std::move(value));
    daemon.connect().set(change).value();
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(bound)

BOOST_FIXTURE_TEST_CASE(members_have_the_values_of_their_keys_or_their_defaults, bound_site) {
  auto const live = open();
  client::bound<server> site(live, "site");

  BOOST_TEST(site->title == "Books");
  BOOST_TEST(site->port == 80);
  BOOST_TEST(site->upload.bytes == 2048U);
  BOOST_TEST(site->hosts.size() == 2U);
  BOOST_TEST(!site->tls.required);
  BOOST_TEST(site->tls.file.empty());
  BOOST_TEST(site->timeout.count() == 30'000);
  BOOST_TEST(site.mismatches() == std::vector<std::string>{"site.timeout"},
             boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(members_follow_the_service, bound_site) {
  auto const live = open();
  client::bound<server> site(live, "site");

  set("site.tls.file", "/etc/key");
  BOOST_REQUIRE(site.wait(std::chrono::seconds(30)));
  BOOST_TEST(site->tls.file == "/etc/key");
  set("site.port", 99'999);
  BOOST_REQUIRE(site.wait(std::chrono::seconds(30)));
  BOOST_TEST(site->port == 80);
  BOOST_TEST(site.mismatches().front() == "site.port");
  BOOST_TEST(site.values().revision() == revision());
  BOOST_TEST(site.get().tls.file == "/etc/key");
  BOOST_TEST(!site.refresh());
}

BOOST_FIXTURE_TEST_CASE(typed_getters_have_a_default, bound_site) {
  auto service = daemon.connect();
  BOOST_TEST(client::get<int>(service, "site.workers", 16).value() == 16);
  BOOST_TEST(client::get<std::string>(service, "site.title", "none").value() == "Books");
  BOOST_TEST(client::get<int>(service, "site.title", 3).value() == 3);
  BOOST_TEST(client::get<int>(service, "a..b", 3).error().name == "io.cfgd.Config.BadKey");

  auto const live = open();
  BOOST_TEST(live.get<int>("site.workers", 16) == 16);
  BOOST_TEST(live.get<std::string>("site.title", "none") == "Books");
  BOOST_TEST(live.values().get<bool>("site.tls.required", true) == false);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
