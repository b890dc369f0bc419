#include "core/log.hpp"
#include "core/message_ids.hpp"
#include "daemon/health/status_table.hpp"
#include "ipc/interfaces.hpp"
#include "ipc/task_group.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace cfgd;
using namespace cfgd::health;
using namespace std::chrono_literals;
using test::write_file;

/// All that checks look at, as the service has it, with limits that a test chooses.
struct looked_at {
  explicit looked_at(limits const& bounds, settings const& how = patient())
      : opened(store::config_store::open(directory / "state", bounds).value()),
        reader(opened->make_reader()),
        writer(loop.get_executor(), std::move(opened), bounds,
               [this](committer::publication const& news) { what.publish(news.what); }),
        queries(loop.get_executor(), std::move(reader), writer, bounds, [] {}), programs(bounds),
        streams(what, writer, queries, bounds, [](std::function<void()> const& work) { work(); }),
        files(loop.get_executor(),
              {.roots = {{layer::admin, directory / "namespaces", source_kind::values}},
               .trusted_uid = ::geteuid(),
               .bounds = bounds},
              {}, [](std::vector<watchers::observation> const&) {}),
        server(loop.get_executor(), bounds, {}),
        checked(loop.get_executor(), {what, writer, streams, files, server, queries, programs},
                {.how = how,
                 .bounds = bounds,
                 .state = directory / "state",
                 .directories = {directory / "namespaces"},
                 .checks = {},
                 .trusted = ::geteuid()},
                [](monitor::transition const&) {}),
        tasks(loop.get_executor(), nullptr) {
    server.add_interface(ipc::interfaces::io_cfgd_service);
    BOOST_REQUIRE(server.listen(directory / "socket").has_value());
    tasks.spawn("health", checked.run());
    tasks.spawn("files", files.run());
    checked.start();
  }
  ~looked_at() {
    bool stopped = false;
    server.stop(10ms, [&] { stopped = true; });
    tasks.cancel();
    test::run_until(loop, [&] { return stopped && tasks.size() == 0; });
  }
  looked_at(looked_at const&) = delete;
  looked_at& operator=(looked_at const&) = delete;

  static settings patient() {
    settings how;
    how.store_ms = how.loop_ms = how.committer_ms = {60'000, 60'000};
    how.watch_ms = 60'000;
    how.disk_percent = how.memory_percent = {100, 100};
    how.general.limit = 20s;
    return how;
  }
  report run(std::string const& name) {
    bool done = false;
    checked.checks().run_now({name}, [&] { done = true; });
    BOOST_REQUIRE(test::run_until(loop, [&] { return done; }));
    return *checked.checks().find(name);
  }
  /// Until the first look at the files is over.
  void look() {
    bool done = false;
    files.look_now(watchers::source_watcher::depth::changed, [&] { done = true; });
    BOOST_REQUIRE(test::run_until(loop, [&] { return done; }));
  }

  test::temporary_directory directory;
  boost::asio::io_context loop{1};
  view what{64 * 1024};
  std::unique_ptr<store::config_store> opened;
  std::unique_ptr<store::history_reader> reader;
  committer writer;
  query_thread queries;
  consumers programs;
  watches streams;
  watchers::source_watcher files;
  ipc::server server;
  status_table checked;
  ipc::task_group tasks;
};

std::string id_of(log::capture::entry const& line) {
  for (auto const& field : line.fields)
    if (field.name == "MESSAGE_ID") return field.value;
  return {};
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(health_status_table)

BOOST_AUTO_TEST_CASE(directories_beyond_the_limit_of_watches_are_a_warning) {
  looked_at test(limits{.watched_directories = 1});
  write_file(test.directory / "namespaces" / "a.json", "{}");
  test.look();

  auto const found = test.run("watch").found;

  BOOST_TEST((found.what == state::warning));
  BOOST_TEST(found.message.find("directories cannot be watched and are polled") !=
             std::string::npos);
  BOOST_TEST(found.details.at("maximumWatches").to_number<int>() == 1);
}

BOOST_AUTO_TEST_CASE(all_watched_is_healthy) {
  looked_at test(limits{});
  write_file(test.directory / "namespaces" / "a.json", "{}");
  test.look();

  auto const found = test.run("watch").found;

  BOOST_TEST((found.what == state::healthy), found.message);
  BOOST_TEST(found.details.at("watches").to_number<int>() > 0);
}

BOOST_AUTO_TEST_CASE(connections_near_their_limit_are_reported) {
  looked_at test(limits{.connections = 5});
  BOOST_TEST((test.run("peers").found.what == state::healthy));

  std::vector<test::varlink_peer> peers;
  auto const connect = [&](std::size_t count) {
    for (std::size_t n = 0; n < count; ++n)
      peers.emplace_back(test.loop, test.directory / "socket");
    BOOST_REQUIRE(test::run_until(test.loop, [&] {
      return test.server.figures().accepted + test.server.figures().refused >= peers.size();
    }));
  };
  connect(4);
  BOOST_TEST((test.run("peers").found.what == state::warning));
  connect(1);
  BOOST_TEST((test.run("peers").found.what == state::critical));
}

BOOST_AUTO_TEST_CASE(refused_clients_are_reported_for_a_while) {
  looked_at test(limits{.connections = 1});
  std::optional<test::varlink_peer> first(std::in_place, test.loop, test.directory / "socket");
  BOOST_REQUIRE(test::run_until(test.loop, [&] { return test.server.figures().connections == 1; }));
  test::varlink_peer second(test.loop, test.directory / "socket");
  BOOST_REQUIRE(test::run_until(test.loop, [&] { return test.server.figures().refused == 1; }));

  first.reset();
  second.close();
  BOOST_REQUIRE(test::run_until(test.loop, [&] { return test.server.figures().connections == 0; }));
  auto const found = test.run("peers").found;

  BOOST_TEST((found.what == state::warning));
  BOOST_TEST(found.message.find("1 connection was refused because of a limit") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_cache_that_has_another_value_than_the_store_is_critical) {
  looked_at test(limits{});
  engine::set_request asked;
  asked.values.emplace_back(key::parse("site.a").value(), 1);
  bool done = false;
  test.writer.submit(std::move(asked), [&](engine::decision const&) { done = true; });
  BOOST_REQUIRE(test::run_until(test.loop, [&] { return done; }));
  BOOST_TEST((test.run("integrity").found.what == state::healthy));

  test.what.cache().publish({.name_space = "site",
                             .revision = 1,
                             .text = std::make_shared<std::string const>(R"({"a":2})")});

  auto const found = test.run("integrity").found;
  BOOST_TEST((found.what == state::critical));
  BOOST_TEST(found.message == "'site': the cache has another value than the store");
}

BOOST_AUTO_TEST_CASE(a_slow_committer_and_a_late_loop_are_reported) {
  auto how = looked_at::patient();
  how.committer_ms = {0, 60'000};
  how.loop_ms = {0, 0};
  looked_at test(limits{}, how);

  BOOST_TEST((test.run("committer").found.what == state::warning));
  BOOST_TEST((test.run("loop").found.what == state::critical));
}

BOOST_AUTO_TEST_CASE(the_watchdog_waits_for_a_loop_that_is_critical_and_for_nothing_else) {
  auto how = looked_at::patient();
  how.loop_ms = {0, 0};
  looked_at test(limits{}, how);
  int alive = 0;
  test.checked.when_alive([&] { ++alive; });
  BOOST_TEST(alive == 1); // nothing is known yet

  BOOST_TEST((test.run("loop").found.what == state::critical));
  test.checked.when_alive([&] { ++alive; });

  BOOST_TEST(alive == 1);
}

BOOST_AUTO_TEST_CASE(a_critical_store_does_not_stop_the_watchdog) {
  auto how = looked_at::patient();
  how.store_ms = {0, 0};
  looked_at test(limits{}, how);
  BOOST_TEST((test.run("store").found.what == state::critical));

  bool alive = false;
  test.checked.when_alive([&] { alive = true; });

  BOOST_TEST(alive);
}

BOOST_AUTO_TEST_CASE(a_change_is_one_line_with_both_states) {
  log::capture lines;
  auto how = looked_at::patient();
  how.store_ms = {0, 0};
  looked_at test(limits{}, how);

  for (int n = 0; n < 3; ++n)
    test.run("store");

  auto const all = lines.take();
  auto const reported = std::count_if(all.begin(), all.end(), [](auto const& one) {
    return one.message.starts_with("check 'store' is critical, was unknown: ") &&
           id_of(one) == message_id::check_critical && one.severity == log::level::error;
  });
  BOOST_TEST(reported == 1);
  BOOST_TEST(describe_health(test.checked.checks()).starts_with(", critical: 'store'"));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
