#include "client/live.hpp"
#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// A copy of the configuration in another process, beside a daemon that changes, dies and comes
// back.

namespace {

using namespace cfgd::test;
namespace client = cfgd::client;

struct followed : running_quietly {
  followed() { save("app.json", R"({"a":1,"b":1,"list":[1,2],"sub":{"t":"text"}})"); }

  client::live_options options() const {
    client::live_options out;
    out.prefixes = {"app"};
    out.address = daemon.socket();
    out.shortest_wait = std::chrono::milliseconds(1);
    out.longest_wait = std::chrono::milliseconds(20);
    return out;
  }
  client::live open() const { return client::live::open(options()).value(); }
  client::revision_number set(boost::json::object values) {
    return daemon.connect().set({.values = std::move(values)}).value().revision;
  }
  static void wait_until(client::live_values& values, std::function<bool()> const& is_true) {
    while (!is_true())
      if (!values.wait(std::chrono::seconds(30))) throw std::runtime_error("nothing changes");
  }
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(live)

BOOST_FIXTURE_TEST_CASE(has_the_leaves_of_its_namespaces, followed) {
  save("other.json", R"({"x":1})");
  daemon.start();
  auto const service = open();

  auto const values = service.values();

  BOOST_TEST(values.size() == 4U);
  BOOST_TEST(values.get<std::int64_t>("app.a").value() == 1);
  BOOST_TEST(values.get<std::string_view>("app.sub.t").value() == "text");
  BOOST_TEST(text_of(*values.find("app.list")) == "[1,2]");
  BOOST_TEST(values.find("other.x") == nullptr);
  BOOST_TEST(values.revision() == revision());
  BOOST_TEST((values.store_id() == status().store_id));
}

BOOST_FIXTURE_TEST_CASE(follows_changes_of_calls_and_of_files, followed) {
  daemon.start();
  auto const service = open();
  auto values = service.values();

  auto const by_call = set({{"app.a", 2}});
  wait_until(values, [&] { return values.revision() == by_call; });
  auto const changed = values.get<std::int64_t>("app.a");
  save("app.json", R"({"b":3})");
  wait_until(values, [&] { return values.find("app.list") == nullptr; });

  BOOST_TEST(changed.value() == 2);
  BOOST_TEST(values.get<std::int64_t>("app.a").value() == 2);
  BOOST_TEST(values.get<std::int64_t>("app.b").value() == 3);
  BOOST_TEST(values.size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(namespaces_may_appear_and_vanish, followed) {
  daemon.start();
  auto how = options();
  how.prefixes = {"app", "later"};
  auto const service = client::live::open(how).value();
  auto values = service.values();

  save("later.json", R"({"x":1})");
  wait_until(values, [&] { return values.get<std::int64_t>("later.x") == 1; });
  std::filesystem::remove(daemon.admin("later.json"));
  wait_until(values, [&] { return values.find("later.x") == nullptr; });

  BOOST_TEST(values.get<std::int64_t>("app.a").value() == 1);
}

BOOST_FIXTURE_TEST_CASE(survives_a_daemon_that_is_killed, followed) {
  daemon.start();
  auto const service = open();
  auto values = service.values();
  for (int round = 0; round < 3; ++round) {
    daemon.kill();
    wait_until(values, [&] { return values.stale() != nullptr; });
    BOOST_TEST(values.get<std::int64_t>("app.b").value() == (round == 0 ? 1 : 10 + round - 1));

    save("app.json", R"({"a":1,"b":)" + std::to_string(10 + round) + "}");
    daemon.start();
    wait_until(values, [&] {
      return values.stale() == nullptr && values.get<std::int64_t>("app.b") == 10 + round;
    });
    BOOST_TEST(values.revision() == revision());
  }
}

BOOST_FIXTURE_TEST_CASE(takes_the_state_of_a_new_store, followed) {
  daemon.start();
  set({{"app.c", 1}});
  auto const service = open();
  auto values = service.values();
  auto const before = values.store_id();

  daemon.kill();
  std::filesystem::remove_all(root / "state");
  daemon.start();
  wait_until(values, [&] { return values.store_id() != before && values.stale() == nullptr; });

  BOOST_TEST((values.store_id() == status().store_id));
  BOOST_TEST(values.find("app.c") == nullptr);
  BOOST_TEST(values.get<std::int64_t>("app.a").value() == 1);
  auto const next = set({{"app.a", 5}});
  wait_until(values, [&] { return values.revision() == next; });
  BOOST_TEST(values.get<std::int64_t>("app.a").value() == 5);
}

BOOST_FIXTURE_TEST_CASE(has_secrets_only_if_it_asks_for_them, followed) {
  save_schema("app.json", R"({"properties":{"key":{"type":"string","x-secret":true}}})");
  save("app.json", R"({"a":1,"key":"hush"})");
  daemon.start();
  auto const service = open();
  auto how = options();
  how.secrets = true;
  auto const trusted = client::live::open(how).value();
  auto values = service.values();
  auto all = trusted.values();

  BOOST_TEST(values.size() == 1U);
  BOOST_TEST(all.get<std::string_view>("app.key").value() == "hush");
  auto const revision = set({{"app.a", 2}, {"app.key", "hush hush"}});
  wait_until(values, [&] { return values.revision() == revision; });
  wait_until(all, [&] { return all.revision() == revision; });

  BOOST_TEST(values.size() == 1U);
  BOOST_TEST(all.get<std::string_view>("app.key").value() == "hush hush");
}

BOOST_FIXTURE_TEST_CASE(many_threads_read_while_the_daemon_changes_and_dies, followed) {
  daemon.start();
  auto const service = open();
  std::atomic<bool> is_over{false};
  std::atomic<int> wrong{0};
  auto const read = [&] {
    auto values = service.values();
    for (std::int64_t before = 0; !is_over;) {
      values.refresh();
      auto const first = values.get<std::int64_t>("app.a").value_or(-1);
      auto const second = values.get<std::int64_t>("app.b").value_or(-2);
      auto const newer = service.get<std::int64_t>("app.a").value_or(-3);
      if (first != second || first < before || newer < first) ++wrong;
      before = first;
    }
  };
  std::vector<std::thread> readers;
  readers.reserve(8);
  for (int n = 0; n < 8; ++n)
    readers.emplace_back(read);

  auto values = service.values();
  for (int n = 2; n <= 60; ++n) {
    if (n % 20 == 0) {
      daemon.kill();
      daemon.start();
    }
    set({{"app.a", n}, {"app.b", n}});
  }
  wait_until(values, [&] { return values.get<std::int64_t>("app.b") == 60; });
  is_over = true;
  for (auto& one : readers)
    one.join();

  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
