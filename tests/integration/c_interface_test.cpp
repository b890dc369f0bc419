#include "client/cfgd.h"
#include "tests/integration/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <poll.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

using namespace std::string_literals;

namespace {

using values_ptr = std::unique_ptr<cfgd_values, decltype(&cfgd_values_free)>;
using watch_ptr = std::unique_ptr<cfgd_watch, decltype(&cfgd_watch_free)>;
using transaction_ptr = std::unique_ptr<cfgd_transaction, decltype(&cfgd_transaction_free)>;

constexpr int limit_ms = 30'000;

std::string take(char* text) {
  std::string out = text == nullptr ? "NULL" : text;
  cfgd_free(text);
  return out;
}

struct c_client : cfgd::test::running {
  c_client() {
    save("site.toml", R"(title = "Books"
port = 8080
ratio = 2.5
open = true
timeout = "1min 30s"
upload = "10M"
menu = [{url = "/"}]
[hosts]
"db.x" = 1
)");
    save_schema("site.json", R"({"properties": {"port": {"type": "integer", "maximum": 65535}}})");
    daemon.start();
    address = daemon.socket().string();
    BOOST_REQUIRE_EQUAL(cfgd_open(&service, address.c_str(), limit_ms), 0);
  }
  ~c_client() { cfgd_close(service); }

  int set_port(std::int64_t port, std::uint64_t* revision = nullptr) const {
    transaction_ptr const change(cfgd_transaction_new(), cfgd_transaction_free);
    cfgd_transaction_set_int64(change.get(), "site.port", port);
    return cfgd_commit(service, change.get(), revision);
  }
  watch_ptr watch(char const* consumer = nullptr) const {
    cfgd_watch* made = nullptr;
    std::vector<char const*> const prefixes{"site", nullptr};
    BOOST_REQUIRE_EQUAL(cfgd_watch_new(&made, address.c_str(), prefixes.data(), consumer), 0);
    return {made, cfgd_watch_free};
  }

  std::string address;
  cfgd_client* service = nullptr;
};

/// The next event by the descriptor alone, as an event loop would get it.
cfgd_event const* next(cfgd_watch* watch) {
  cfgd_event const* event = nullptr;
  for (;;) {
    pollfd what{.fd = cfgd_watch_fd(watch), .events = POLLIN, .revents = 0};
    BOOST_REQUIRE_EQUAL(::poll(&what, 1, limit_ms), 1);
    int const outcome = cfgd_watch_dispatch(watch, &event);
    BOOST_REQUIRE_MESSAGE(outcome >= 0, cfgd_error_message());
    if (outcome > 0) return event;
  }
}

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(c_interface)

BOOST_FIXTURE_TEST_CASE(getters_give_values_of_their_types, c_client) {
  char* text = nullptr;
  BOOST_TEST(cfgd_get_string(service, "site.title", "none", &text) == 1);
  BOOST_TEST(take(text) == "Books");
  BOOST_TEST(cfgd_get_json(service, "site.menu", nullptr, &text) == 1);
  BOOST_TEST(take(text) == R"([{"url":"/"}])");
  std::int64_t number = 0;
  BOOST_TEST(cfgd_get_int64(service, "site.port", 80, &number) == 1);
  BOOST_TEST(number == 8080);
  BOOST_TEST(cfgd_get_duration(service, "site.timeout", 0, &number) == 1);
  BOOST_TEST(number == 90'000'000);
  std::uint64_t bytes = 0;
  BOOST_TEST(cfgd_get_size(service, "site.upload", 0, &bytes) == 1);
  BOOST_TEST(bytes == 10U << 20);
  double ratio = 0;
  BOOST_TEST(cfgd_get_double(service, "site.ratio", 1, &ratio) == 1);
  BOOST_TEST(ratio == 2.5);
  bool open = false;
  BOOST_TEST(cfgd_get_bool(service, "site.open", false, &open) == 1);
  BOOST_TEST(open);
}

BOOST_FIXTURE_TEST_CASE(getters_give_defaults_and_say_why, c_client) {
  std::int64_t number = 0;
  BOOST_TEST(cfgd_get_int64(service, "site.nothing", 7, &number) == 0);
  BOOST_TEST(number == 7);
  BOOST_TEST(cfgd_get_int64(service, "site.title", 8, &number) == -EBADMSG);
  BOOST_TEST(number == 8);
  BOOST_TEST(cfgd_get_int64(service, "site..x", 9, &number) == -EINVAL);
  BOOST_TEST(number == 9);
  BOOST_TEST(cfgd_error_name() == "io.cfgd.Config.BadKey"s);
  char* text = nullptr;
  BOOST_TEST(cfgd_get_string(service, "site.nothing", "none", &text) == 0);
  BOOST_TEST(take(text) == "none");
  BOOST_TEST(cfgd_get_string(service, "site.nothing", nullptr, &text) == 0);
  BOOST_TEST(take(text) == "NULL");
  BOOST_TEST(cfgd_get_string(nullptr, "site.title", nullptr, &text) == -EINVAL);

  daemon.kill();
  BOOST_TEST(cfgd_get_int64(service, "site.port", 10, &number) == -ECONNRESET);
  BOOST_TEST(cfgd_get_int64(service, "site.port", 11, &number) == -ENOTCONN);
  BOOST_TEST(number == 11);
  BOOST_TEST(std::string(cfgd_error_message()).find("is cfgd running") != std::string::npos);

  daemon.start();
  BOOST_TEST(cfgd_get_int64(service, "site.port", 12, &number) == 1);
}

BOOST_FIXTURE_TEST_CASE(values_of_several_keys_are_of_one_revision, c_client) {
  std::vector<char const*> const keys{"site.title", R"(site.hosts."db.x")", "site.none", nullptr};
  cfgd_values* found = nullptr;
  BOOST_REQUIRE_EQUAL(cfgd_read(service, keys.data(), &found), 0);
  values_ptr const read(found, cfgd_values_free);
  BOOST_TEST(cfgd_values_count(found) == 2U);
  BOOST_TEST(cfgd_values_revision(found) == revision());
  BOOST_TEST(cfgd_values_int64(found, R"(site.hosts."db.x")", 0) == 1);
  BOOST_TEST(cfgd_values_string(found, "site.none", "none") == "none"s);
  BOOST_TEST(!cfgd_values_refresh(found));

  BOOST_REQUIRE_EQUAL(cfgd_list(service, "site", &found), 0);
  values_ptr const all(found, cfgd_values_free);
  BOOST_TEST(cfgd_values_count(found) == 8U);
  BOOST_TEST(cfgd_values_duration(found, "site.timeout", 0) == 90'000'000);
  BOOST_TEST(cfgd_values_size(found, "site.upload", 0) == 10U << 20);
  BOOST_TEST(cfgd_values_double(found, "site.ratio", 0) == 2.5);
  BOOST_TEST(cfgd_values_bool(found, "site.open", false));
  BOOST_TEST(take(cfgd_values_json(found, "site.menu")) == R"([{"url":"/"}])");
  int visited = 0;
  auto const count = [](void* user, char const*, char const*) {
    return ++*static_cast<int*>(user) == 3 ? 42 : 0;
  };
  BOOST_TEST(cfgd_values_each(found, count, &visited) == 42);
  BOOST_TEST(visited == 3);
}

BOOST_FIXTURE_TEST_CASE(transactions_change_all_or_nothing, c_client) {
  auto const before = revision();
  transaction_ptr const change(cfgd_transaction_new(), cfgd_transaction_free);
  BOOST_TEST(cfgd_transaction_set_string(change.get(), "site.title", "Sale") == 0);
  BOOST_TEST(cfgd_transaction_set_double(change.get(), "site.ratio", 0.5) == 0);
  BOOST_TEST(cfgd_transaction_set_bool(change.get(), "site.open", false) == 0);
  BOOST_TEST(cfgd_transaction_set_json(change.get(), "site.menu", "[1]") == 0);
  BOOST_TEST(cfgd_transaction_set_json(change.get(), "site.menu", "[1") == -EBADMSG);
  BOOST_TEST(cfgd_transaction_comment(change.get(), "campaign") == 0);
  BOOST_TEST(cfgd_transaction_if_revision(change.get(), before) == 0);
  std::uint64_t revision = 0;
  BOOST_TEST(cfgd_commit(service, change.get(), &revision) == 0);
  BOOST_TEST(revision == before + 1);
  BOOST_TEST(value("site.menu") == "[1]");
  BOOST_TEST(daemon.connect().log().value().changes.front().comment.value() == "campaign");

  BOOST_TEST(cfgd_commit(service, change.get(), nullptr) == -ESTALE);
  BOOST_TEST(set_port(99'999) == -EINVAL);
  BOOST_TEST(cfgd_error_name() == "io.cfgd.Config.Invalid"s);
  BOOST_TEST(std::string(cfgd_error_message()).starts_with("site.port: "));

  transaction_ptr const undo(cfgd_transaction_new(), cfgd_transaction_free);
  BOOST_TEST(cfgd_transaction_unset(undo.get(), "site.title") == 0);
  BOOST_TEST(cfgd_transaction_confirm(undo.get(), 600) == 0);
  BOOST_TEST(cfgd_transaction_check_only(undo.get()) == 0);
  BOOST_TEST(cfgd_commit(service, undo.get(), nullptr) == 0);
  BOOST_TEST(value("site.title") == R"("Sale")");
  BOOST_TEST(cfgd_confirm(service, revision) == -ENOENT);
}

BOOST_FIXTURE_TEST_CASE(any_method_can_be_called, c_client) {
  char* reply = nullptr;
  BOOST_TEST(cfgd_call(service, "io.cfgd.Config.Sync", nullptr, &reply) == 0);
  BOOST_TEST(take(reply) == R"({"revision":)" + std::to_string(revision()) + "}");
  BOOST_TEST(cfgd_call(service, "io.cfgd.Config.Get", "[]", &reply) == -EBADMSG);
  BOOST_TEST(cfgd_call(service, "io.cfgd.Config.Nothing", "{}", &reply) == -EREMOTEIO);
  BOOST_TEST(cfgd_error_parameters() == R"({"method":"io.cfgd.Config.Nothing"})"s);
}

BOOST_FIXTURE_TEST_CASE(a_watch_gives_the_state_and_each_revision_by_its_descriptor, c_client) {
  auto const watched = watch();
  auto const* event = next(watched.get());
  BOOST_TEST(cfgd_event_is_ready(event));
  BOOST_TEST(cfgd_values_string(cfgd_event_values(event), "site.title", "") == "Books"s);
  BOOST_TEST(cfgd_watch_dispatch(watched.get(), &event) == 0);
  BOOST_TEST(event == nullptr);

  // Several are received together; none waits for a byte that is there already.
  for (int port = 1; port <= 20; ++port)
    BOOST_REQUIRE_EQUAL(set_port(port), 0);
  for (int port = 1; port <= 20; ++port) {
    event = next(watched.get());
    BOOST_TEST(cfgd_values_int64(cfgd_event_values(event), "site.port", 0) == port);
  }
  BOOST_TEST(cfgd_watch_revision(watched.get()) == revision());

  save("site.toml", "open = true\n");
  event = next(watched.get());
  BOOST_TEST(cfgd_event_removed_count(event) == 6U);
  BOOST_TEST(cfgd_event_removed(event, 0) != nullptr);
  BOOST_TEST(cfgd_event_removed(event, 6) == nullptr);
}

BOOST_FIXTURE_TEST_CASE(a_watch_continues_over_a_crash_of_the_service, c_client) {
  auto const watched = watch();
  next(watched.get());
  daemon.kill();
  cfgd_event const* event = nullptr;
  while (!cfgd_watch_is_lost(watched.get()))
    BOOST_REQUIRE_EQUAL(cfgd_watch_wait(watched.get(), 10, &event), 0);
  daemon.start();
  set_port(1); // the connection is found to be lost
  BOOST_REQUIRE_EQUAL(set_port(2), 0);

  event = next(watched.get());
  BOOST_TEST(cfgd_values_int64(cfgd_event_values(event), "site.port", 0) == 2);
  BOOST_TEST(!cfgd_event_is_resync(event));
  BOOST_TEST(!cfgd_watch_is_lost(watched.get()));
}

BOOST_FIXTURE_TEST_CASE(a_watch_is_resumed_in_another_process, c_client) {
  std::uint64_t revision = 0;
  std::string store;
  {
    auto const first = watch();
    next(first.get());
    revision = cfgd_watch_revision(first.get());
    store = cfgd_watch_store_id(first.get());
    BOOST_TEST(cfgd_watch_resume(first.get(), revision, nullptr) == -EBUSY);
  }
  set_port(5);
  auto const second = watch();
  BOOST_TEST(cfgd_watch_resume(second.get(), revision, store.c_str()) == 0);
  BOOST_TEST(cfgd_values_int64(cfgd_event_values(next(second.get())), "site.port", 0) == 5);

  auto const other = watch();
  BOOST_TEST(cfgd_watch_resume(other.get(), revision, "00000000000000000000000000000000") == 0);
  BOOST_TEST(cfgd_event_is_resync(next(other.get())));
}

BOOST_FIXTURE_TEST_CASE(a_watch_that_cannot_begin_ends_or_retries, c_client) {
  daemon.kill();
  cfgd_event const* event = nullptr;
  auto const ends = watch();
  BOOST_TEST(cfgd_watch_wait(ends.get(), -1, &event) == -ENOTCONN);
  BOOST_TEST(cfgd_watch_dispatch(ends.get(), &event) == -ENOTCONN);

  auto const retries = watch();
  BOOST_TEST(cfgd_watch_retry(retries.get()) == 0);
  BOOST_TEST(cfgd_watch_wait(retries.get(), 0, &event) == 0);
  daemon.start();
  BOOST_TEST(cfgd_watch_wait(retries.get(), limit_ms, &event) == 1);
}

BOOST_FIXTURE_TEST_CASE(a_consumer_acknowledges_and_is_waited_for, c_client) {
  auto const watched = watch("web");
  auto const first = cfgd_event_revision(next(watched.get()));
  BOOST_TEST(cfgd_watch_acknowledge(watched.get(), first, true, nullptr) == 0);
  std::uint64_t revision = 0;
  BOOST_REQUIRE_EQUAL(set_port(81, &revision), 0);
  BOOST_TEST(cfgd_wait_applied(service, revision, 0) == 0);
  BOOST_TEST(cfgd_event_revision(next(watched.get())) == revision);
  BOOST_TEST(cfgd_watch_acknowledge(watched.get(), revision, false, "in use") == 0);
  BOOST_TEST(daemon.connect().consumers().value().front().failure.value().message == "in use");
  BOOST_TEST(cfgd_acknowledge(service, "web", revision, true, nullptr) == 0);
  BOOST_TEST(cfgd_wait_applied(service, revision, 20) == 1);

  daemon.kill();
  daemon.start();
  set_port(0); // the connection is found to be lost
  BOOST_REQUIRE_EQUAL(set_port(82, &revision), 0);
  BOOST_TEST(cfgd_event_revision(next(watched.get())) == revision);
  BOOST_TEST(cfgd_watch_acknowledge(watched.get(), revision, true, nullptr) == 0);
  BOOST_TEST(cfgd_wait_applied(service, revision, 20) == 1);

  BOOST_TEST(cfgd_acknowledge(service, "nobody", revision, true, nullptr) == -ENOENT);
  auto const anonymous = watch();
  BOOST_TEST(cfgd_watch_acknowledge(anonymous.get(), revision, true, nullptr) == -EINVAL);
}

BOOST_FIXTURE_TEST_CASE(a_live_copy_is_read_without_a_call, c_client) {
  std::vector<char const*> const prefixes{"site", nullptr};
  cfgd_live* live = nullptr;
  BOOST_REQUIRE_EQUAL(cfgd_live_open(&live, address.c_str(), prefixes.data(), false), 0);
  values_ptr const site(cfgd_live_values(live), cfgd_values_free);
  BOOST_TEST(cfgd_values_string(site.get(), "site.title", "") == "Books"s);
  BOOST_TEST(cfgd_values_count(site.get()) == 8U);

  set_port(81);
  BOOST_TEST(cfgd_values_wait(site.get(), limit_ms));
  BOOST_TEST(cfgd_values_int64(site.get(), "site.port", 0) == 81);
  BOOST_TEST(cfgd_values_revision(site.get()) == revision());
  BOOST_TEST(!cfgd_values_is_stale(site.get()));
  daemon.kill();
  while (!cfgd_values_is_stale(site.get()))
    BOOST_REQUIRE(cfgd_values_wait(site.get(), limit_ms));
  cfgd_live_close(live);
  BOOST_TEST(cfgd_values_int64(site.get(), "site.port", 0) == 81);

  BOOST_TEST(cfgd_live_open(&live, address.c_str(), prefixes.data(), false) == -ENOTCONN);
  BOOST_TEST(live == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
