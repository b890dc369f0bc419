#include "client/live.hpp"
#include "core/json.hpp"
#include "tests/client/client_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace cfgd::client;
using cfgd::test::answer;
using cfgd::test::ending;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;
using std::chrono::milliseconds;

namespace {

std::string watching(std::string const& more) {
  return R"({"method":"io.cfgd.Config.Watch","parameters":{"prefixes":["a"])" + more +
         R"(,"secrets":false},"more":true})";
}
std::string event(std::string const& fields) {
  return R"({"parameters":{)" + fields + R"(},"continues":true})";
}
std::string const from_start = watching("");
std::string const from_five = watching(R"(,"afterRevision":5)");
std::string const refused_reply =
    R"({"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"secrets"}})";

/// Sends `first` at once, and each of `more` when the test lets it; then waits or closes.
struct steps {
  std::vector<std::string> more;
  std::vector<std::unique_ptr<std::latch>> gates;

  explicit steps(std::vector<std::string> replies) : more(std::move(replies)) {
    gates.reserve(more.size() + 1);
    while (gates.size() <= more.size())
      gates.push_back(std::make_unique<std::latch>(1));
  }
  void let(std::size_t step) { gates.at(step)->count_down(); }
  scripted_peer::script script(std::string call, std::vector<std::string> first, ending end) {
    return
        [this, call = std::move(call), first = std::move(first), end](scripted_connection& client) {
          if (auto const got = client.receive(); got != call)
            throw std::runtime_error("unexpected call: " + got);
          for (auto const& each : first)
            client.send(each);
          for (std::size_t n = 0; n < more.size(); ++n) {
            gates[n]->wait();
            client.send(more[n]);
          }
          gates.back()->wait();
          if (end == ending::wait) client.wait_for_close();
        };
  }
};

struct fixture : cfgd::test::client_fixture {
  live_options options() const {
    live_options out;
    out.prefixes = {"a"};
    out.address = path;
    out.shortest_wait = milliseconds(1);
    out.longest_wait = milliseconds(4);
    return out;
  }
  cfgd::client::live opened() const { return cfgd::client::live::open(options()).value(); }

  static void wait_until(live_values& values, std::function<bool()> const& is_true) {
    while (!is_true())
      BOOST_REQUIRE(values.wait(std::chrono::seconds(20)));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(live, fixture)

BOOST_AUTO_TEST_CASE(values_are_read_by_their_types) {
  scripted_peer peer(
      path, {answer(from_start,
                    {event(R"("values":{"a.b":true,"a.i":-7,"a.d":1.5},"revision":5)"),
                     event(R"("values":{"a.s":"text","a.l":[1,2]},"ready":true,"revision":5)")})});
  auto const service = opened();

  auto const values = service.values();

  BOOST_TEST(values.get<bool>("a.b").value());
  BOOST_TEST(values.get<std::int64_t>("a.i").value() == -7);
  BOOST_TEST(values.get<double>("a.d").value() == 1.5);
  BOOST_TEST(values.get<double>("a.i").value() == -7.0);
  BOOST_TEST(values.get<std::string_view>("a.s").value() == "text");
  BOOST_TEST(cfgd::json::canonical(*values.find("a.l")) == "[1,2]");
  BOOST_TEST(!values.get<bool>("a.i").has_value());
  BOOST_TEST(!values.get<std::int64_t>("a.d").has_value());
  BOOST_TEST(!values.get<std::string_view>("a.x").has_value());
  BOOST_TEST(values.find("a") == nullptr);
  BOOST_TEST(values.size() == 5U);
  BOOST_TEST(values.revision() == 5U);
  BOOST_TEST(values.stale() == nullptr);
  BOOST_TEST(service.get<bool>("a.b").value());
  BOOST_TEST(service.get<std::int64_t>("a.i").value() == -7);
  BOOST_TEST(service.get<double>("a.d").value() == 1.5);
  BOOST_TEST(service.get<std::string>("a.s").value() == "text");
  BOOST_TEST(cfgd::json::canonical(service.get<boost::json::value>("a.l").value()) == "[1,2]");
  BOOST_TEST(!service.get<std::string>("a.l").has_value());
  BOOST_TEST(!service.get<boost::json::value>("a.x").has_value());
}

BOOST_AUTO_TEST_CASE(values_that_are_held_do_not_change) {
  steps gated({event(R"("values":{"a.b":2},"removed":["a.c"],"revision":6)")});
  scripted_peer peer(
      path,
      {gated.script(from_start, {event(R"("values":{"a.b":1,"a.c":1},"ready":true,"revision":5)")},
                    ending::wait)});
  auto const service = opened();
  auto const held = service.values();
  auto moving = service.values();
  BOOST_TEST(!moving.refresh());

  gated.let(0);
  bool const has_changed = moving.wait(std::chrono::seconds(20));
  gated.let(1);

  BOOST_TEST(has_changed);
  BOOST_TEST(moving.get<std::int64_t>("a.b").value() == 2);
  BOOST_TEST(moving.find("a.c") == nullptr);
  BOOST_TEST(moving.revision() == 6U);
  BOOST_TEST(service.revision() == 6U);
  BOOST_TEST(held.get<std::int64_t>("a.b").value() == 1);
  BOOST_TEST(held.get<std::int64_t>("a.c").value() == 1);
  BOOST_TEST(held.revision() == 5U);
}

BOOST_AUTO_TEST_CASE(waiting_ends_at_its_limit) {
  scripted_peer peer(path, {answer(from_start, {event(R"("ready":true,"revision":5)")})});
  auto const service = opened();
  auto values = service.values();

  BOOST_TEST(!values.wait(milliseconds(1)));
  BOOST_TEST(values.size() == 0U);
}

BOOST_AUTO_TEST_CASE(values_are_stale_while_the_service_is_away_and_stay) {
  steps first({});
  steps second({event(R"("ready":true,"revision":8)")});
  scripted_peer peer(
      path, {first.script(from_start, {event(R"("values":{"a.b":1},"ready":true,"revision":5)")},
                          ending::close),
             second.script(from_five, {}, ending::wait)});
  auto const service = opened();
  auto values = service.values();
  auto const before = std::chrono::system_clock::now();

  first.let(0);
  wait_until(values, [&] { return values.stale() != nullptr; });
  auto const since = values.stale()->since;
  bool const says_so = service.stale() == since;
  bool const is_closed = values.stale()->why.kind == failure::closed;
  auto const meanwhile = values.get<std::int64_t>("a.b");
  second.let(0);
  wait_until(values, [&] { return values.stale() == nullptr; });
  second.let(1);

  BOOST_TEST((since >= before && since <= std::chrono::system_clock::now()));
  BOOST_TEST(says_so);
  BOOST_TEST(is_closed);
  BOOST_TEST(meanwhile.value() == 1);
  BOOST_TEST(!service.stale().has_value());
  BOOST_TEST(values.get<std::int64_t>("a.b").value() == 1);
  BOOST_TEST(values.revision() == 8U);
}

BOOST_AUTO_TEST_CASE(values_are_stale_until_all_that_was_missed_has_come) {
  steps second({event(R"("ready":true,"revision":7)")});
  scripted_peer peer(
      path,
      {answer(from_start, {event(R"("values":{"a.b":1},"ready":true,"revision":5)")},
              ending::close),
       second.script(from_five, {event(R"("values":{"a.b":2},"revision":6)")}, ending::wait)});
  auto const service = opened();
  auto values = service.values();

  wait_until(values, [&] { return values.revision() == 6U; });
  bool const was_stale = values.stale() != nullptr;
  second.let(0);
  wait_until(values, [&] { return values.stale() == nullptr; });
  second.let(1);

  BOOST_TEST(was_stale);
  BOOST_TEST(values.get<std::int64_t>("a.b").value() == 2);
}

BOOST_AUTO_TEST_CASE(a_resync_of_another_store_replaces_everything) {
  auto const of_store = [](std::string const& id, std::string const& fields) {
    return event(R"("storeId":")" + id + R"(",)" + fields);
  };
  scripted_peer peer(
      path, {answer(from_start,
                    {of_store("one", R"("values":{"a.b":1,"a.c":1},"ready":true,"revision":5)")},
                    ending::close),
             answer(watching(R"(,"afterRevision":5,"storeId":"one")"),
                    {of_store("two", R"("values":{"a.c":2},"resync":true,"revision":2)"),
                     of_store("two", R"("values":{"a.d":2},"ready":true,"revision":2)")})});
  auto const service = opened();
  auto values = service.values();

  wait_until(values, [&] { return values.store_id() == "two"; });

  BOOST_TEST(values.revision() == 2U);
  BOOST_TEST(values.find("a.b") == nullptr);
  BOOST_TEST(values.get<std::int64_t>("a.c").value() == 2);
  BOOST_TEST(values.get<std::int64_t>("a.d").value() == 2);
  BOOST_TEST(values.stale() == nullptr);
}

BOOST_AUTO_TEST_CASE(nobody_there_is_an_error) {
  BOOST_TEST((cfgd::client::live::open(options()).error().kind == failure::unreachable));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_an_error) {
  scripted_peer peer(path, {answer(from_start, {refused_reply})});

  auto const refused = cfgd::client::live::open(options());

  BOOST_TEST(refused.error().name == "org.varlink.service.InvalidParameter");
}

BOOST_AUTO_TEST_CASE(it_can_be_opened_before_the_service) {
  auto how = options();
  how.first = first_connect::retry;
  auto const service = cfgd::client::live::open(how).value();
  auto values = service.values();
  bool const was_stale = values.stale() != nullptr;
  auto const size = values.size();

  scripted_peer peer(
      path, {answer(from_start, {event(R"("values":{"a.b":1},"ready":true,"revision":5)")})});
  wait_until(values, [&] { return values.stale() == nullptr; });

  BOOST_TEST(was_stale);
  BOOST_TEST(size == 0U);
  BOOST_TEST(values.get<std::int64_t>("a.b").value() == 1);
}

BOOST_AUTO_TEST_CASE(a_refusal_after_the_first_values_is_not_the_end) {
  scripted_peer peer(
      path, {answer(from_start, {event(R"("values":{"a.b":1},"ready":true,"revision":5)")},
                    ending::close),
             answer(from_five, {refused_reply}),
             answer(from_start, {event(R"("values":{"a.b":2},"ready":true,"revision":9)")})});
  auto const service = opened();
  auto values = service.values();

  wait_until(values, [&] { return values.revision() == 9U; });

  BOOST_TEST(values.get<std::int64_t>("a.b").value() == 2);
  BOOST_TEST(values.stale() == nullptr);
}

BOOST_AUTO_TEST_CASE(secrets_are_asked_for_only_if_they_are_wanted) {
  std::string const with_secrets =
      R"({"method":"io.cfgd.Config.Watch","parameters":{"prefixes":["a"]},"more":true})";
  scripted_peer peer(path, {answer(with_secrets, {event(R"("ready":true,"revision":5)")})});
  auto how = options();
  how.secrets = true;

  auto const service = cfgd::client::live::open(how);

  BOOST_TEST(service.value().revision() == 5U);
}

BOOST_AUTO_TEST_CASE(values_outlive_it_and_nobody_waits_for_it_any_more) {
  scripted_peer peer(
      path, {answer(from_start, {event(R"("values":{"a.b":1},"ready":true,"revision":5)")})});
  auto service = std::make_unique<cfgd::client::live>(opened());
  auto values = service->values();
  auto waiting = service->values();
  std::thread waiter([&] { waiting.wait(std::chrono::seconds(20)); });

  service.reset();
  waiter.join();

  BOOST_TEST(values.get<std::int64_t>("a.b").value() == 1);
  BOOST_TEST(!values.wait(std::chrono::seconds(20)));
}

BOOST_AUTO_TEST_CASE(all_threads_see_single_revisions_in_order) {
  constexpr std::uint64_t last = 500;
  std::vector<std::string> replies{
      event(R"("values":{"a.b":1,"a.c":1},"ready":true,"revision":1)")};
  replies.reserve(last);
  for (std::uint64_t n = 2; n <= last; ++n) {
    auto const number = std::to_string(n);
    replies.push_back(event(R"("values":{"a.b":)" + number + R"(,"a.c":)" + number +
                            R"(},"revision":)" + number));
  }
  scripted_peer peer(path, {answer(from_start, replies)});
  auto const service = opened();
  std::atomic<int> wrong{0};
  auto const read = [&] {
    auto values = service.values();
    for (std::int64_t before = 0; before < static_cast<std::int64_t>(last);) {
      auto const once = service.get<std::int64_t>("a.b").value_or(-1);
      values.refresh();
      auto const first = values.get<std::int64_t>("a.b").value_or(-1);
      auto const second = values.get<std::int64_t>("a.c").value_or(-2);
      if (first != second || static_cast<std::uint64_t>(first) != values.revision()) ++wrong;
      if (once < before || first < once) ++wrong;
      before = first;
    }
  };
  std::vector<std::thread> readers;
  readers.reserve(8);
  for (int n = 0; n < 8; ++n)
    readers.emplace_back(read);
  for (auto& one : readers)
    one.join();

  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
