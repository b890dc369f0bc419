#include "tests/integration/fixture.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

namespace {

using namespace cfgd::test;

std::string watch_call(std::string const& parameters) {
  return R"({"method":"io.cfgd.Config.Watch","more":true,"parameters":)" + parameters + "}";
}

struct serving : running_quietly {
  serving() {
    save("app.json", R"({"a":1,"sub":{"b":2,"c":{}}})");
    save("other.json", R"({"x":1})");
    daemon.start();
  }
  void set(char const* key, boost::json::value const& what) {
    daemon.connect().set({.values = {{key, what}}}).value();
  }
};

/// What a watcher knows that applies every reply.
struct replica {
  std::map<std::string, std::string> values;
  std::uint64_t revision = 0;
  int resyncs = 0;

  void apply(boost::json::object const& reply) {
    if (reply.contains("resync")) {
      if (resyncs++ == 0 || complete) values.clear();
      complete = false;
    }
    if (auto const* const removed = reply.if_contains("removed"))
      for (auto const& key : removed->as_array())
        values.erase(std::string(key.as_string()));
    if (auto const* const changed = reply.if_contains("values"))
      for (auto const& member : changed->as_object())
        values[std::string(member.key())] = text_of(member.value());
    if (reply.contains("ready")) complete = true;
    revision = reply.at("revision").to_number<std::uint64_t>();
  }
  bool complete = false;
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(watch)

using cfgd::test::watch;

BOOST_FIXTURE_TEST_CASE(begins_with_the_state_and_the_mark, serving) {
  stream watching(daemon.socket());

  auto const state = watching.ask(watch_call("{}"));

  BOOST_TEST(text_of(state) ==
             R"({"continues":true,"parameters":{"ready":true,"revision":2,"storeId":")" +
                 status().store_id.value() +
                 R"(","values":{"app.a":1,"app.sub.b":2,"app.sub.c":{},"other.x":1}}})");
}

BOOST_FIXTURE_TEST_CASE(sees_its_prefixes_only, serving) {
  auto watching = watch(daemon.socket(), R"(["app.sub"])");

  set("other.x", 2);
  set("app.a", 3);
  set("app.sub.b", 4);
  auto const change = watching.parameters();

  BOOST_TEST(text_of(change.at("values")) == R"({"app.sub.b":4})");
  BOOST_TEST(text_of(change.at("revision")) == "5");
  BOOST_TEST(text_of(change.at("origin").as_object().at("layer")) == R"("override")");
}

BOOST_FIXTURE_TEST_CASE(resumes_behind_a_revision_without_gap_or_double, serving) {
  for (int n = 1; n <= 20; ++n)
    set("app.n", n);
  stream watching(daemon.socket());

  watching.send(watch_call(R"({"afterRevision":7})"));

  for (std::uint64_t revision = 8; revision <= 22; ++revision)
    BOOST_TEST(watching.parameters().at("revision").to_number<std::uint64_t>() == revision);
  auto const mark = watching.parameters();
  BOOST_TEST(text_of(mark) ==
             R"({"ready":true,"revision":22,"storeId":")" + status().store_id.value() + "\"}");
  set("app.n", 99);
  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"app.n":99})");
}

BOOST_FIXTURE_TEST_CASE(resumes_over_a_restart, serving) {
  set("app.n", 1);
  daemon.kill();
  save("app.json", R"({"a":2})");
  daemon.start();
  stream watching(daemon.socket());

  watching.send(watch_call(R"({"afterRevision":2})"));

  BOOST_TEST(text_of(watching.parameters().at("values")) == R"({"app.n":1})");
  auto const edit = watching.parameters();
  BOOST_TEST(text_of(edit.at("values")) == R"({"app.a":2})");
  BOOST_TEST(text_of(edit.at("removed")) == R"(["app.sub.b","app.sub.c"])");
}

BOOST_FIXTURE_TEST_CASE(a_revision_that_never_was_makes_a_resync, serving) {
  stream watching(daemon.socket());

  watching.send(watch_call(R"({"afterRevision":1000})"));
  auto const state = watching.parameters();

  BOOST_TEST(text_of(state.at("resync")) == "true");
  BOOST_TEST(text_of(state.at("ready")) == "true");
  BOOST_TEST(state.at("values").as_object().size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(behind_the_kept_history_it_starts_over, running_quietly) {
  save_settings("[store]\nhistory_revisions = 5\nhistory_hours = 0\n");
  save("app.json", R"({"n":0})");
  daemon.start();
  auto writer = daemon.connect();
  for (int n = 1; n <= 50; ++n)
    writer.set({.values = {{"app.n", n}}}).value();
  stream watching(daemon.socket());

  watching.send(watch_call(R"({"afterRevision":2})"));
  auto const state = watching.parameters();

  BOOST_TEST(text_of(state.at("resync")) == "true");
  BOOST_TEST(text_of(state.at("values")) == R"({"app.n":50})");
}

BOOST_FIXTURE_TEST_CASE(a_watcher_that_does_not_read_is_caught_up_when_it_does, serving) {
  stream slow(daemon.socket());
  slow.send(watch_call(R"({"prefixes":["app"]})"));
  auto writer = daemon.connect();
  std::string const bulk(60'000, 'x');
  // More than socket buffers and queue hold, but written well before limits::queue_stalled.
  constexpr int sets = 30;
  for (int n = 1; n <= sets; ++n)
    writer.set({.values = {{"app.n", n}, {"app.bulk", bulk + std::to_string(n)}}}).value();

  replica known;
  std::uint64_t last = 0;
  while (known.values["app.n"] != std::to_string(sets)) {
    known.apply(slow.parameters());
    BOOST_TEST(known.revision > last);
    last = known.revision;
  }

  BOOST_TEST(known.resyncs == 0); // history holds them all: each revision came
  BOOST_TEST(known.revision == 2U + sets);
  BOOST_TEST(known.values["app.bulk"] == '"' + bulk + std::to_string(sets) + '"');
}

BOOST_FIXTURE_TEST_CASE(ends_with_its_connection, serving) {
  {
    auto const watching = watch(daemon.socket());
    BOOST_TEST(status().watchers == 1);
  }
  auto connected = daemon.connect();
  for (int tries = 0; tries < 1'000 && connected.status().value().watchers != 0; ++tries) {
  }
  BOOST_TEST(connected.status().value().watchers == 0);
}

BOOST_FIXTURE_TEST_CASE(many_watchers_get_the_same_change, serving) {
  // Root's connections are limited; so many stay below that.
  std::vector<stream> all;
  all.reserve(200);
  for (int n = 0; n < 200; ++n)
    all.push_back(watch(daemon.socket(), R"(["app"])"));

  set("app.a", 77);

  for (auto& one : all)
    BOOST_TEST(text_of(one.parameters().at("values")) == R"({"app.a":77})");
}

BOOST_FIXTURE_TEST_CASE(too_many_prefixes_are_refused_with_the_limit, serving) {
  std::string prefixes;
  for (int n = 0; n < 33; ++n)
    prefixes += (n == 0 ? "\"a.k" : ",\"a.k") + std::to_string(n) + '"';
  stream watching(daemon.socket());

  auto const refused = watching.ask(watch_call("{\"prefixes\":[" + prefixes + "]}"));

  BOOST_TEST(text_of(refused) == R"({"error":"io.cfgd.Config.LimitExceeded","parameters":)"
                                 R"({"limit":"watch_prefixes","maximum":32,"used":33}})");
}

BOOST_FIXTURE_TEST_CASE(a_revision_too_long_for_a_reply_is_sent_as_a_state, serving) {
  auto const parent = std::string(450, 'p');
  auto const text = [&](int value) {
    boost::json::object many;
    for (int n = 0; n < 40'000; ++n)
      many["k" + std::to_string(n)] = value;
    return cfgd::json::canonical(boost::json::object{{parent, many}});
  };
  save("long.json", text(1));
  sync();
  auto watching = watch(daemon.socket(), R"(["long"])");

  save("long.json", text(2));

  std::size_t keys = 0;
  bool ready = false;
  for (bool first = true; !ready; first = false) {
    auto const reply = watching.parameters();
    BOOST_TEST(reply.contains("resync") == first);
    keys += reply.at("values").as_object().size();
    ready = reply.contains("ready");
  }
  BOOST_TEST(keys == 40'000U);
}

BOOST_FIXTURE_TEST_CASE(a_namespace_that_is_born_while_the_state_is_read_is_not_missed, serving) {
  for (int round = 0; round < 30; ++round) {
    std::string const fresh = "born" + std::to_string(round);
    daemon.connect().invalidate().value(); // so that the state has to be read
    stream writer(daemon.socket());
    stream watching(daemon.socket());
    writer.send(R"({"method":"io.cfgd.Config.Set","parameters":{"values":{")" + fresh +
                R"(.x":1}}})");
    watching.send(watch_call("{}"));

    replica known;
    while (!known.values.contains(fresh + ".x"))
      known.apply(watching.parameters()); // throws when nothing comes any more
    BOOST_TEST(known.revision >= static_cast<std::uint64_t>(3 + round));
  }
}

BOOST_FIXTURE_TEST_CASE(a_watcher_of_what_never_changes_goes_on_behind_what_is_forgotten,
                        running_quietly) {
  save_settings("[store]\nhistory_revisions = 8\nhistory_hours = 0\n");
  save("app.json", R"({"n":0,"quiet":1})");
  daemon.start();
  auto watching = watch(daemon.socket(), R"(["app.quiet"])");
  auto writer = daemon.connect();

  std::uint64_t last = 0;
  for (int n = 1; n <= 50; ++n)
    writer.set({.values = {{"app.n", n}}}).value();
  while (last < 48) { // a watcher that is nearly up to date gets the mark later
    auto const progress = watching.parameters();
    BOOST_TEST(progress.size() == 1U);
    last = progress.at("revision").to_number<std::uint64_t>();
  }
  stream resumed(daemon.socket());
  resumed.send(
      watch_call(R"({"prefixes":["app.quiet"],"afterRevision":)" + std::to_string(last) + "}"));

  BOOST_TEST(text_of(resumed.parameters()) ==
             R"({"ready":true,"revision":51,"storeId":")" + status().store_id.value() + "\"}");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
