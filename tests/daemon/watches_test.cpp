#include "daemon/methods/batches.hpp"
#include "daemon/watches.hpp"
#include "ipc/interfaces.hpp"
#include "ipc/server.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/foreign_writer.hpp"
#include "tests/support/store_requests.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/varlink_peer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

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
  bool hides = false; ///< no watcher may read anything
  ipc::server server{
      loop.get_executor(), bounds, {"Vendor", "Product", "1", "https://example.org"}};

  explicit fixture(limits const& how = {}) : bounds(how) {
    auto store = store::config_store::open(directory / "state", bounds).value();
    engine::request const first = set({{"site.a", "1"}});
    if (!store->commit({&first, 1}, at()).at(0)) throw std::runtime_error("commit");
    what.begin({.revision = store->revision(),
                .effectives = store->effectives(),
                .sources = store->sources(),
                .pending = store->pending(),
                .store_id = store->store_id()});
    auto reader = store->make_reader();
    writer.emplace(loop.get_executor(), std::move(store), bounds,
                   [this](committer::publication const& news) {
                     what.publish(news.what);
                     for (auto const& one : news.what.changes)
                       streams->on_change(one);
                     if (news.what.needs_resync) streams->resync();
                   });
    queries.emplace(loop.get_executor(), std::move(reader), *writer, bounds,
                    [this] { writer->refresh(); });
    streams.emplace(what, *writer, *queries, bounds, [this](std::function<void()> work) {
      boost::asio::post(loop, std::move(work));
    });
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
    watches::subscription wanted{.prefixes = {},
                                 .after = {},
                                 .may_see_secrets = [](std::string_view) { return false; },
                                 .may_read = [this](std::string_view) { return !hides; }};
    if (auto const* const prefixes = asked.parameters.if_contains("prefixes"))
      for (auto const& one : prefixes->get_array())
        wanted.prefixes.emplace_back(one.get_string());
    // The fixture's own meanings: who sees secrets, and who may not read.
    if (asked.parameters.contains("secrets"))
      wanted.may_see_secrets = [](std::string_view) { return true; };
    if (asked.parameters.contains("hidden"))
      wanted.may_read = [](std::string_view) { return false; };
    if (auto const* const after = asked.parameters.if_contains("afterRevision"))
      wanted.after = static_cast<revision_number>(after->get_int64());
    if (auto const* const store = asked.parameters.if_contains("storeId"))
      wanted.store_id = std::string(store->get_string());
    streams->start(asked.answer, std::move(wanted));
  }
  varlink_peer start(std::string const& parameters = "{}") {
    varlink_peer peer(loop, directory / "socket");
    peer.send(R"({"method":"io.cfgd.Config.Watch","more":true,"parameters":)" + parameters + '}');
    return peer;
  }
  /// Commits by a call, and waits until it is published.
  void commit(std::string_view value) { commit_value("site.a", value); }
  void commit_value(std::string_view key, std::string_view value) {
    bool done = false;
    writer->submit(set({{key, value}}), [&](engine::decision const&) { done = true; });
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

/// Few old texts, and List as a call whose reader is slow: it keeps the texts that it began with.
struct small_old_texts : fixture {
  std::size_t begun = 0;

  small_old_texts() : fixture(few()) {
    server.bind("io.cfgd.Config.List", [this](ipc::call const& asked) {
      what.with_texts(
          *writer, std::nullopt,
          [this, answer = asked.answer](view::texts const& texts) {
            work_in_steps(answer, [texts] { return !texts.empty(); });
            streams->note_reader(answer);
            ++begun;
          },
          [](error const& why) { BOOST_ERROR(why.message); }, {});
    });
  }
  static limits few() {
    limits small;
    small.reply_bytes = 1'250; // a quarter of what old texts may take
    return small;
  }
  varlink_peer list() {
    varlink_peer peer(loop, directory / "socket");
    peer.send(R"({"method":"io.cfgd.Config.List","more":true})");
    return peer;
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

BOOST_FIXTURE_TEST_CASE(a_watcher_resumes_in_the_store_that_it_names, fixture) {
  commit("2");
  auto const state = start().receive().value();
  auto const member = "\"storeId\":\"" + what.store_id() + '"';
  BOOST_REQUIRE_EQUAL(what.store_id().size(), 32U);
  BOOST_TEST(state.find(member) != std::string::npos, state);

  auto watcher = start(R"({"afterRevision":1,)" + member + '}');

  expect(watcher, "2", "2");
  auto const ready = watcher.receive().value();
  BOOST_TEST(ready.find(member + R"(,"ready":true,"revision":2)") != std::string::npos, ready);
}

BOOST_FIXTURE_TEST_CASE(a_revision_of_another_store_makes_a_resync, fixture) {
  commit("2");

  auto watcher = start(R"({"afterRevision":1,"storeId":"00000000000000000000000000000000"})");

  auto const reply = watcher.receive().value();
  BOOST_TEST(reply.find(R"("values":{"site.a":2})") != std::string::npos, reply);
  BOOST_TEST(reply.find(R"("resync":true,"ready":true,"revision":2)") != std::string::npos, reply);
}

BOOST_FIXTURE_TEST_CASE(a_watcher_does_not_see_what_is_not_published, fixture) {
  commit_elsewhere();

  auto watcher = start(R"({"afterRevision":0})");

  // The question to history finds the foreign commit, which is published before the answer.
  expect(watcher, "1", "1");
  expect(watcher, "2", R"("one")");
  BOOST_TEST(what.revision() == 3U);
  expect(watcher, "3", R"("two")");
  auto const ready = watcher.receive().value();
  BOOST_TEST(ready.find(R"("ready":true,"revision":3)") != std::string::npos, ready);
}

BOOST_FIXTURE_TEST_CASE(a_closed_watcher_is_forgotten, fixture) {
  auto watcher = start();
  expect(watcher, "1");
  BOOST_TEST(streams->size() == 1U);

  watcher.close();

  BOOST_TEST(run_until(loop, [&] { return streams->size() == 0; }));
}

BOOST_FIXTURE_TEST_CASE(many_watchers_get_every_change_in_order, fixture) {
  std::vector<varlink_peer> all;
  all.reserve(50);
  for (int each = 0; each < 50; ++each)
    all.push_back(start());
  for (auto& watcher : all)
    expect(watcher, "1", "1");

  for (int value = 2; value <= 6; ++value)
    commit(std::to_string(value));

  for (auto& watcher : all)
    for (int value = 2; value <= 6; ++value)
      expect(watcher, std::to_string(value), std::to_string(value));
}

BOOST_FIXTURE_TEST_CASE(a_state_is_made_as_fast_as_its_watcher_reads, fixture) {
  for (char const name : std::string("bcdefghijklmnopqrstu"))
    commit_value(std::string("site.") + name, '"' + std::string(200'000, 'x') + '"');

  auto watcher = start();

  // What the socket takes, one piece, and no more: the state is 4 MB.
  BOOST_TEST(run_until(loop, [&] { return server.queued_bytes() > 0; }));
  run_until(
      loop, [&] { return false; }, std::chrono::milliseconds(100));
  BOOST_TEST(server.queued_bytes() <= bounds.reply_batch_bytes + 201'000);
  std::size_t got = 0;
  for (std::string reply; reply.find("\"ready\"") == std::string::npos; got += reply.size()) {
    reply = watcher.receive().value_or("closed,\"ready\"");
    BOOST_TEST(server.queued_bytes() <= bounds.reply_batch_bytes + 201'000);
  }
  BOOST_TEST(got > 4'000'000U);
  commit("2");
  expect(watcher, "22", "2");
}

BOOST_FIXTURE_TEST_CASE(a_watcher_that_does_not_read_misses_nothing, fixture) {
  auto watcher = start();
  expect(watcher, "1", "1");

  for (int value = 0; value < 20; ++value)
    commit_value("site.b", '"' + std::string(200'000, static_cast<char>('a' + value)) + '"');
  BOOST_TEST(server.queued_bytes() <= 2 * bounds.reply_batch_bytes);

  for (int revision = 2; revision <= 21; ++revision)
    expect(watcher, std::to_string(revision));
}

BOOST_FIXTURE_TEST_CASE(what_may_not_be_read_looks_as_if_it_did_not_exist, fixture) {
  hides = true;
  auto watcher = start();
  auto const state = watcher.receive().value_or("closed");
  BOOST_TEST(state.find("site") == std::string::npos);
  BOOST_TEST(state.find("ready") != std::string::npos);

  commit("2");
  hides = false;
  commit("3");
  expect(watcher, "3", "3"); // nothing was sent for revision 2
}

BOOST_FIXTURE_TEST_CASE(watchers_with_other_rights_than_before_are_sent_the_state_again, fixture) {
  auto watcher = start();
  expect(watcher, "1", "1");
  hides = true;
  streams->rights_changed();
  BOOST_TEST(streams->check_rights(10));

  auto const hidden = watcher.receive().value_or("closed");
  BOOST_TEST(hidden.find("\"resync\":true") != std::string::npos);
  BOOST_TEST(hidden.find("site") == std::string::npos);

  streams->rights_changed();
  BOOST_TEST(streams->check_rights(10)); // nothing has changed
  hides = false;
  streams->rights_changed();
  BOOST_TEST(streams->check_rights(10));
  expect(watcher, "1", "1");
}

BOOST_FIXTURE_TEST_CASE(watchers_are_looked_at_a_few_at_a_time, fixture) {
  std::vector<varlink_peer> watchers;
  for (int each = 0; each < 3; ++each) {
    watchers.push_back(start());
    expect(watchers.back(), "1", "1");
  }
  hides = true;
  streams->rights_changed();

  BOOST_TEST(!streams->check_rights(2));
  BOOST_TEST(streams->check_rights(2));
  for (auto& watcher : watchers)
    BOOST_TEST(watcher.receive().value_or("closed").find("resync") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(the_oldest_replies_end_when_old_texts_take_too_much, small_old_texts) {
  auto const value = [](char letter) { return '"' + std::string(3'000, letter) + '"'; };
  commit(value('a'));
  auto first = list();
  auto const began = [&](std::size_t count) {
    return run_until(loop, [&] { return begun == count; });
  };
  BOOST_REQUIRE(began(1));
  commit(value('b')); // 3 KB are kept for the first reader only
  auto second = list();
  BOOST_REQUIRE(began(2));
  BOOST_TEST(server.figures().errors == 0U);

  commit(value('c'));

  BOOST_TEST(first.receive().value_or("closed").find("old_text_bytes") != std::string::npos);
  BOOST_TEST(what.old_text_bytes() > 3'000U);
  BOOST_TEST(what.old_text_bytes() < 5'000U);
  BOOST_TEST(server.figures().errors == 1U);
}

BOOST_FIXTURE_TEST_CASE(who_may_see_less_never_gets_the_message_of_others, fixture) {
  // All with the same prefixes, so that only rights tell them apart.
  std::vector<std::string> const kinds{R"({"secrets":true})", "{}", R"({"secrets":true})",
                                       R"({"hidden":true})",  "{}", R"({"secrets":true})"};
  std::vector<varlink_peer> all;
  all.reserve(kinds.size());
  for (auto const& kind : kinds) {
    all.push_back(start(kind));
    expect(all.back(), "1");
  }
  auto const made = std::make_shared<change>();
  made->revision = 2;
  made->keys = {{.key = "site.a", .before = "1", .after = "5"},
                {.key = "site.word", .before = "", .after = "\"opensesame\"", .secret = true}};

  streams->on_change(made);

  for (std::size_t which = 0; which < kinds.size(); ++which) {
    if (kinds[which].find("hidden") != std::string::npos) continue;
    auto const reply = all[which].receive().value_or("closed");
    bool const sees = kinds[which].find("secrets") != std::string::npos;
    BOOST_TEST(reply.find(R"("site.a":5)") != std::string::npos, reply);
    BOOST_TEST((reply.find("opensesame") != std::string::npos) == sees, reply);
  }
  // Nothing but a bookmark follows for who may not read.
  streams->send_bookmarks(cfgd::watches::clock::now() + std::chrono::minutes(1));
  BOOST_TEST(all[3].receive().value_or("closed") ==
             R"({"parameters":{"revision":2},"continues":true})");
}

BOOST_FIXTURE_TEST_CASE(a_right_that_is_lost_counts_for_the_next_change, fixture) {
  auto one = start();
  auto other = start();
  expect(one, "1", "1");
  expect(other, "1", "1");
  commit("2");
  hides = true;
  commit("3");
  hides = false;
  commit("4");

  for (auto* const watcher : {&one, &other}) {
    expect(*watcher, "2", "2");
    expect(*watcher, "4", "4");
  }
}

BOOST_FIXTURE_TEST_CASE(lists_of_prefixes_come_and_go_with_their_watchers, fixture) {
  std::string const below_a = R"({"prefixes":["site.a"]})";
  std::string const below_b = R"({"prefixes":["site.b"]})";
  auto first = start(below_a);
  auto second = start(below_a);
  expect(first, "1", "1");
  expect(second, "1", "1");
  first.close();
  BOOST_TEST(run_until(loop, [&] { return streams->size() == 1; }));
  auto third = start(below_b);
  expect(third, "1");

  commit("2");
  commit_value("site.b", "\"b\"");

  expect(second, "2", "2");
  auto const reply = third.receive().value_or("closed");
  BOOST_TEST(reply.find(R"("values":{"site.b":"b"})") != std::string::npos, reply);
  second.close();
  third.close();
  BOOST_TEST(run_until(loop, [&] { return streams->size() == 0; }));
}

BOOST_FIXTURE_TEST_CASE(a_long_change_is_shared_and_missed_by_nobody, fixture) {
  std::vector<varlink_peer> all;
  all.reserve(5);
  for (int each = 0; each < 5; ++each) {
    all.push_back(start());
    expect(all.back(), "1", "1");
  }
  // The first one reads at last only.
  for (int value = 0; value < 10; ++value) {
    commit_value("site.b", '"' + std::string(100'000, static_cast<char>('a' + value)) + '"');
    for (std::size_t which = 1; which < all.size(); ++which)
      expect(all[which], std::to_string(value + 2));
    BOOST_TEST(server.queued_bytes() <= 2 * bounds.reply_batch_bytes);
  }
  for (int value = 0; value < 10; ++value)
    expect(all[0], std::to_string(value + 2));
}

BOOST_FIXTURE_TEST_CASE(a_watcher_that_no_change_concerns_gets_a_bookmark_once, fixture) {
  auto watcher = start(R"({"prefixes":["site.b"]})");
  expect(watcher, "1");
  BOOST_TEST(!streams->next_bookmark());
  auto const before = cfgd::watches::clock::now();
  commit("2");
  commit("3");

  auto const due = streams->next_bookmark();
  BOOST_REQUIRE(due.has_value());
  BOOST_TEST((*due >= before + feed::silence));
  streams->send_bookmarks(*due - std::chrono::seconds(1));
  BOOST_TEST((streams->next_bookmark() == due));
  streams->send_bookmarks(*due);
  BOOST_TEST(!streams->next_bookmark());
  BOOST_TEST(watcher.receive().value_or("closed") ==
             R"({"parameters":{"revision":3},"continues":true})");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
