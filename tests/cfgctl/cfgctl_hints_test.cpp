#include "tests/cfgctl/cfgctl_talk.hpp"

#include <csignal>

// What somebody may have meant by a name that does not exist.

using cfgd::test::call;
using cfgd::test::call_more;
using cfgd::test::cfgctl_fixture;
using cfgd::test::exchange;
using cfgd::test::get;
using cfgd::test::refused;
using cfgd::test::reply;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;

namespace {

struct fixture : cfgctl_fixture {
  std::pair<std::string, std::string> status{
      call("io.cfgd.Service.Status"),
      reply(
          R"({"version":"1","pid":1,"startTime":"t","status":"healthy","ready":true,)"
          R"("degraded":false,"revision":5,"namespaces":["site"],"connections":1,"watchers":0})")};
  std::pair<std::string, std::string> values{
      call_more("io.cfgd.Config.List", R"({"prefix":"site"})"),
      reply(R"({"values":{"site.title":"x","site.menu.depth":1},"revision":7})")};
};

/// The first reply of a watch that finds no value.
void begin_empty_watch(scripted_connection& client) {
  client.receive();
  client.send(R"({"parameters":{"ready":true,"revision":5},"continues":true})");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cfgctl_hints, fixture)

BOOST_AUTO_TEST_CASE(a_missing_key_is_answered_with_the_one_that_was_meant) {
  scripted_peer peer(path,
                     {exchange({{get(R"(["siet.titel"])"),
                                 reply(R"({"values":{},"missing":["siet.titel"],"revision":7})")}}),
                      exchange({status, values})});

  auto run = cfgctl({"get", "siet.titel"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() ==
             "cfgctl: get siet.titel: there is no such key (did you mean 'site.title'?)\n");
}

BOOST_AUTO_TEST_CASE(a_log_without_changes_is_answered_with_the_key_that_was_meant) {
  scripted_peer peer(
      path, {exchange({{call_more("io.cfgd.History.Log", R"({"prefix":"siet.titel","limit":100})"),
                        reply(R"({"changes":[],"oldest":1})")}}),
             exchange({status, values})});

  auto run = cfgctl({"log", "siet.titel"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "");
  BOOST_TEST(run.err() == "cfgctl: log: no changes of siet.titel (did you mean 'site.title'?)\n");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_missing_namespace_is_answered_with_the_one_that_was_meant) {
  scripted_peer peer(
      path, {exchange({{call("io.cfgd.History.Blame", R"({"namespace":"siet"})"),
                        refused("io.cfgd.Config.NoSuchNamespace", R"({"namespace":"siet"})")}}),
             exchange({status})});

  auto run = cfgctl({"blame", "siet"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() ==
             "cfgctl: blame siet: there is no namespace 'siet' (did you mean 'site'?)\n");
}

BOOST_AUTO_TEST_CASE(an_override_that_was_never_set_is_answered_with_the_key_that_was_meant) {
  scripted_peer peer(
      path,
      {exchange({{call("io.cfgd.Config.Explain", R"({"key":"site.titel"})"),
                  reply(R"({"candidates":[],"secret":false,"writable":true,"revision":7})")}}),
       exchange({status, values})});

  auto run = cfgctl({"unset", "site.titel"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "site.titel has no override; nothing to do (did you mean "
                          "'site.title'?).\n");
}

BOOST_AUTO_TEST_CASE(a_watch_of_a_missing_key_says_so_and_fails_if_it_is_strict) {
  std::string const text = "there is no key 'siet.title' (did you mean 'site.title'?)\n";
  {
    scripted_peer peer(
        path, {begin_empty_watch, exchange({status, values}), [](scripted_connection& client) {
                 client.receive();
                 client.wait_for_close();
               }});
    auto run = cfgctl({"watch", "siet.title"});
    run.wait_for_error(text);
    run.send_signal(SIGTERM);

    BOOST_TEST(run.finish() == 0);
    BOOST_TEST(run.err().starts_with("warning: " + text), run.err());
  }
  scripted_peer peer(path, {begin_empty_watch, exchange({status, values})});

  auto run = cfgctl({"watch", "siet.title", "--strict"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.out() == "# revision 5\n");
  BOOST_TEST(run.err() == "cfgctl: watch: " + text);
}

BOOST_AUTO_TEST_CASE(a_dry_run_names_the_namespace_that_would_be_new) {
  scripted_peer peer(
      path, {exchange({{call("io.cfgd.Config.Set",
                             R"({"values":{"siet.a":1,"site.b":2},"dryRun":true,"text":true})"),
                        reply(R"({"revision":7,"changed":["siet.a","site.b"]})")}}),
             exchange({status}),
             exchange({{call("io.cfgd.Config.Explain", R"({"key":"siet"})"),
                        refused("io.cfgd.Config.NoSuchNamespace", R"({"namespace":"siet"})")}})});

  auto run = cfgctl({"set", "siet.a=1", "site.b=2", "--dry-run"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "siet.a = 1\nsite.b = 2\ndry run, nothing was written\n");
  BOOST_TEST(run.err() == "warning: the namespace 'siet' would be new (did you mean 'site'?)\n");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_new_namespace_is_answered_with_the_one_that_was_meant) {
  for (bool const as_json : {false, true}) {
    auto const text = as_json ? std::string() : R"(,"text":true)";
    scripted_peer peer(
        path,
        {exchange({{call("io.cfgd.Config.Set", R"({"values":{"siet.a":1})" + text + '}'),
                    reply(R"({"revision":8,"changed":["siet.a"]})")}}),
         exchange({{R"({"method":"io.cfgd.History.Log","parameters":{"afterRevision":7,"limit":1,)"
                    R"("values":true,"beforeRevision":9},"more":true})",
                    reply(R"({"changes":[{"revision":8,"time":"T","origin":{"layer":"override",)"
                          R"("revision":8},"created":["siet.a"],"updated":[],"deleted":[],)"
                          R"("after":{"siet.a":1}}],"oldest":1})")}}),
         exchange({{call("io.cfgd.History.GetAt", R"({"keys":["siet"],"revision":7})"),
                    reply(R"({"values":{},"missing":["siet"]})")}}),
         exchange({{call("io.cfgd.Config.Explain", R"({"key":"siet"})"),
                    reply(R"({"candidates":[],"secret":false,"writable":true,"revision":8})")}}),
         exchange({status})});

    auto run = as_json ? cfgctl({"set", "--json", "siet.a=1"}) : cfgctl({"set", "siet.a=1"});

    BOOST_TEST(run.finish() == 0);
    BOOST_TEST(run.out() == (as_json ? R"({"revision":8,"changed":["siet.a"],"warnings":[],)"
                                       R"("hides":[]})"
                                       "\n"
                                     : "siet.a = 1\nrevision 8\n"));
    BOOST_TEST(run.err() == "warning: the namespace 'siet' is new (did you mean 'site'?)\n");
    peer.finish();
  }
}

BOOST_AUTO_TEST_SUITE_END()
