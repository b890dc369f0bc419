#include "daemon/watches.hpp"
#include "ipc/interfaces.hpp"
#include "ipc/server.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/foreign_writer.hpp"
#include "tests/support/store_requests.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <stdexcept>
#include <string>

// Watchers over a real store and a real socket, in one thread; what each is sent next is the feed's
// decision, which has tests of its own.

namespace {

using namespace cfgd;
using namespace cfgd::test;

/// A store whose site.a is 1 at revision 1, its view, its committer, and a server with Watch alone.
struct fixture {
  temporary_directory directory;
  boost::asio::io_context loop;
  limits bounds;
  view what{1024 * 1024};
  std::optional<committer> writer;
  std::optional<query_thread> queries;
  std::optional<watches> streams;
  ipc::server server{
      loop.get_executor(), bounds, {"Vendor", "Product", "1", "https://example.org"}};

  fixture() {
    auto store = store::config_store::open(directory / "state", bounds).value();
    engine::request const first = set({{"site.a", "1"}});
    if (!store->commit({&first, 1}, at()).at(0)) throw std::runtime_error("commit");
    what.begin({.revision = store->revision(),
                .effectives = store->effectives(),
                .sources = store->sources(),
                .pending = store->pending()});
    auto reader = store->make_reader();
    writer.emplace(loop.get_executor(), std::move(store), bounds,
                   [this](committer::publication const& news) {
                     what.publish(news.what);
                     for (auto const& one : news.what.changes)
                       streams->on_change(*one);
                     if (news.what.needs_resync) streams->resync();
                   });
    queries.emplace(loop.get_executor(), std::move(reader), *writer, bounds,
                    [this] { writer->refresh(); });
    streams.emplace(what, *writer, *queries, bounds);
    server.add_interface(ipc::interfaces::io_cfgd_config);
    server.bind("io.cfgd.Config.Watch", [this](ipc::call const& asked) { watch(asked); });
    if (!server.listen(directory / "socket")) throw std::runtime_error("listen");
  }
  ~fixture() {
    bool stopped = false;
    server.stop(std::chrono::milliseconds(0), [&] { stopped = true; });
    run_until(loop, [&] { return stopped; });
  }

  void watch(ipc::call const& asked) {
    watches::subscription wanted{
        .prefixes = {}, .after = {}, .may_see_secrets = [](std::string_view) { return false; }};
    if (auto const* const after = asked.parameters.if_contains("afterRevision"))
      wanted.after = static_cast<revision_number>(after->get_int64());
    streams->start(asked.answer, std::move(wanted));
  }
  varlink_peer start(std::string const& parameters = "{}") {
    varlink_peer peer(loop, directory / "socket");
    peer.send(R"({"method":"io.cfgd.Config.Watch","more":true,"parameters":)" + parameters + '}');
    return peer;
  }
  /// Commits by a call, and waits until it is published.
  void commit(std::string_view value) {
    bool done = false;
    writer->submit(set({{"site.a", value}}), [&](engine::decision const&) { done = true; });
    BOOST_REQUIRE(run_until(loop, [&] { return done; }));
  }
  /// Another process commits site.a = "one" and "two" behind revision 1; nobody has noticed yet.
  void commit_elsewhere() {
    auto const data = directory / "state" / "data";
    child_process other([&](int) {
      foreign_writer::write_two_revisions(data, 1, "1");
      return 0;
    });
    BOOST_REQUIRE_EQUAL(other.wait(), 0);
  }
};

/// The next reply has this revision and, if it is a change of site.a, this value.
void expect(varlink_peer& from, std::string const& revision, std::string const& value = {}) {
  auto const reply = from.receive().value_or("closed");
  BOOST_TEST(reply.find("\"revision\":" + revision + "}") != std::string::npos, reply);
  if (!value.empty())
    BOOST_TEST(reply.find("\"values\":{\"site.a\":" + value + "}") != std::string::npos, reply);
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(watches)

using ::fixture;

BOOST_FIXTURE_TEST_CASE(the_state_is_followed_by_each_revision, fixture) {
  auto watcher = start();

  expect(watcher, "1", "1");
  commit("2");
  expect(watcher, "2", "2");
  commit("3");
  expect(watcher, "3", "3");
}

BOOST_FIXTURE_TEST_CASE(a_watcher_resumes_from_history, fixture) {
  commit("2");
  commit("3");

  auto watcher = start(R"({"afterRevision":1})");

  expect(watcher, "2", "2");
  expect(watcher, "3", "3");
  auto const ready = watcher.receive().value();
  BOOST_TEST(ready.find(R"("ready":true,"revision":3)") != std::string::npos, ready);
}

BOOST_FIXTURE_TEST_CASE(a_watcher_does_not_see_what_is_not_published, fixture) {
  commit_elsewhere();

  auto watcher = start(R"({"afterRevision":0})");

  // Get answers with revision 1 until the foreign commit is noticed, and so does the watch.
  expect(watcher, "1", "1");
  auto const ready = watcher.receive().value();
  BOOST_TEST(ready.find(R"("ready":true,"revision":1)") != std::string::npos, ready);

  writer->refresh();
  expect(watcher, "2", R"("one")");
  expect(watcher, "3", R"("two")");
}

BOOST_FIXTURE_TEST_CASE(a_closed_watcher_is_forgotten, fixture) {
  auto watcher = start();
  expect(watcher, "1");
  BOOST_TEST(streams->size() == 1U);

  watcher.close();

  BOOST_TEST(run_until(loop, [&] { return streams->size() == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
