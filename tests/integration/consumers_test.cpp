#include "tests/integration/fixture.hpp"
#include "tests/integration/other_user.hpp"
#include "tests/support/program_run.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

// Consumers of the real daemon: what they acknowledge, who waits for it, and what of it outlives
// the daemon.

namespace {

using namespace cfgd::test;
using namespace std::chrono_literals;

/// app.n is 1 at revision 1.
struct serving : running {
  explicit serving(std::string const& settings = {}) {
    // A busy machine is not what is tested.
    save_settings("[health]\ntimeout_ms = 60000\n[health.store]\ncritical_ms = "
                  "60000\n[health.loop]\ncritical_ms = 60000\n"
                  "[health.committer]\ncritical_ms = 60000\n"
                  "[health.disk]\ncritical_percent = 100\n"
                  "[health.memory]\ncritical_percent = 100\n" +
                  settings);
    save("app.toml", "n = 1\n");
    daemon.start();
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  }

  /// A Watch of a consumer, whose state has been taken.
  stream follow(std::string const& name, std::string const& prefixes = "[]",
                std::string const& more = "") const {
    stream opened(daemon.socket());
    opened.send(call_more("Config.Watch", R"({"prefixes":)" + prefixes + R"(,"consumer":")" + name +
                                              '"' + more + '}'));
    while (!opened.parameters().contains("ready")) {
    }
    return opened;
  }
  std::string acknowledge(std::string const& name, int revision, bool ok = true) {
    return answer("Config.Acknowledge",
                  R"({"consumer":")" + name + R"(","revision":)" + std::to_string(revision) +
                      (ok ? R"(,"ok":true})" : R"(,"ok":false,"message":"no space"})"));
  }
  boost::json::object consumer(std::size_t index = 0) {
    return call("Config.Consumers").at("parameters").at("consumers").at(index).as_object();
  }
  int set(int value) {
    auto const done = call("Config.Set", R"({"values":{"app.n":)" + std::to_string(value) + "}}");
    return static_cast<int>(done.at("parameters").at("revision").as_int64());
  }
  stream wait(int revision, std::string const& more = "") {
    stream opened(daemon.socket());
    opened.send(
        call_text("Config.WaitApplied", R"({"revision":)" + std::to_string(revision) + more + '}'));
    return opened;
  }
  void wait_for_consumer(std::string_view pointer, std::string const& text) {
    for (int tries = 0; tries < 300; ++tries) {
      auto const all = call("Config.Consumers");
      auto const& list = all.at("parameters").at("consumers").as_array();
      boost::system::error_code absent;
      auto const* const found =
          list.empty() ? nullptr
                       : list.at(0).find_pointer(boost::json::string_view(pointer), absent);
      if (found != nullptr && text_of(*found) == text) return;
      stream(daemon.socket()).is_quiet_for(20ms);
    }
    throw std::runtime_error("no consumer with " + text + " at " + std::string(pointer));
  }
  /// Waits until the store has the acknowledgement of a revision; it is kept within seconds.
  void wait_until_kept(int revision) {
    auto const text = "\"applied\":" + std::to_string(revision) + ',';
    auto const end = std::chrono::steady_clock::now() + 30s;
    while (read_file(root / "state" / "data" / "data.mdb").find(text) == std::string::npos) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("not kept: " + text);
      stream(daemon.socket()).is_quiet_for(20ms);
    }
    sync(); // answered behind the transaction that has written the text
  }
};

struct serving_impatiently : serving {
  serving_impatiently() : serving("[health.consumers]\nlate_ms = 200\ninterval_ms = 100\n") {}
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(consumers)

BOOST_FIXTURE_TEST_CASE(the_list_says_who_has_applied_what, serving) {
  BOOST_TEST(answer("Config.Consumers") == R"({"consumers":[]})");
  auto const web = follow("web", R"(["app"])");
  BOOST_TEST(acknowledge("web", 1) == "{}");

  auto const seen = consumer();
  BOOST_TEST(seen.at("name").as_string() == "web");
  BOOST_TEST(seen.at("state").as_string() == "watching");
  BOOST_TEST(seen.at("uid").as_int64() == static_cast<std::int64_t>(::getuid()));
  BOOST_TEST(seen.at("pid").as_int64() == static_cast<std::int64_t>(::getpid()));
  BOOST_TEST(text_of(seen.at("prefixes")) == R"(["app"])");
  BOOST_TEST(seen.at("delivered").as_int64() == 1);
  BOOST_TEST(seen.at("applied").as_int64() == 1);
  BOOST_TEST(!seen.contains("failure"));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_is_refused, serving) {
  auto const web = follow("web");
  BOOST_TEST(acknowledge("other", 1) == R"(NoSuchConsumer {"consumer":"other"})");
  BOOST_TEST(acknowledge("web", 2) ==
             R"(NotDelivered {"consumer":"web","delivered":1,"revision":2})");
  BOOST_TEST(acknowledge("web", -1) == R"(InvalidParameter {"parameter":"revision"})");
  BOOST_TEST(answer("Config.WaitApplied", R"({"revision":9})") ==
             R"(RevisionMismatch {"revision":1})");
  BOOST_TEST(answer("Config.WaitApplied", R"({"revision":1,"consumers":["x"]})") ==
             R"(NoSuchConsumer {"consumer":"x"})");
  BOOST_TEST(answer("Config.WaitApplied", R"({"revision":1,"seconds":3601})") ==
             R"(LimitExceeded {"limit":"wait_time","maximum":3600,"used":3601})");
  BOOST_TEST(answer("Config.ForgetConsumer", R"({"consumer":"x"})") ==
             R"(NoSuchConsumer {"consumer":"x"})");
  auto bad = stream(daemon.socket());
  auto const reply = bad.ask(call_more("Config.Watch", R"({"consumer":"a b"})"));
  BOOST_TEST(reply.at("error").as_string() == "org.varlink.service.InvalidParameter");
  BOOST_TEST(answer("Config.Set", R"({"values":{"app.n":3},"untilApplied":true})")
                 .starts_with("Invalid "));
}

BOOST_FIXTURE_TEST_CASE(a_wait_ends_when_those_concerned_have_applied_it, serving) {
  auto web = follow("web", R"(["app"])");
  auto const other = follow("other", R"(["theme"])");
  int const revision = set(2);
  auto waiting = wait(revision);
  BOOST_TEST(waiting.is_quiet_for(50ms));
  web.parameters();
  acknowledge("web", revision);
  BOOST_TEST(text_of(waiting.parameters()) == R"({"applied":true,"waiting":[]})");
  BOOST_TEST(text_of(wait(revision).parameters()) == R"({"applied":true,"waiting":[]})");
}

BOOST_FIXTURE_TEST_CASE(a_wait_whose_answer_nobody_sees_ends_at_once, serving) {
  auto const web = follow("web");
  stream peer(daemon.socket());
  for (int calls = 0; calls < 100; ++calls) // more than may wait
    peer.send(R"({"method":"io.cfgd.Config.WaitApplied","oneway":true,)"
              R"("parameters":{"revision":1,"seconds":3600}})");
  auto const reply = peer.ask(call_text("Config.WaitApplied", R"({"revision":1,"seconds":0})"));
  BOOST_TEST(text_of(reply.at("parameters").at("applied")) == "false");
}

BOOST_FIXTURE_TEST_CASE(a_failure_ends_the_wait_and_says_why, serving) {
  auto web = follow("web");
  acknowledge("web", 1);
  int const revision = set(2);
  auto waiting = wait(revision);
  web.parameters();
  acknowledge("web", revision, false);
  auto const made = waiting.parameters();
  BOOST_TEST(!made.at("applied").as_bool());
  auto const& failure = made.at("waiting").at(0).at("failure");
  BOOST_TEST(failure.at("message").as_string() == "no space");
  BOOST_TEST(failure.at("revision").as_int64() == revision);
  daemon.wait_for_line("the consumer 'web' could not apply revision 2: no space");
  BOOST_TEST(answer("Service.Problems").find(R"("source":"consumer web")") != std::string::npos);

  acknowledge("web", revision);
  daemon.wait_for_line("the consumer 'web' has no failed revision any more");
  BOOST_TEST(!consumer().contains("failure"));
}

BOOST_FIXTURE_TEST_CASE(a_wait_names_those_who_have_gone, serving) {
  {
    auto const web = follow("web");
    acknowledge("web", 1);
  }
  wait_for_consumer("/state", R"("absent")");
  int const revision = set(2);
  auto const made = wait(revision, R"(,"seconds":0)").parameters();
  BOOST_TEST(!made.at("applied").as_bool());
  BOOST_TEST(made.at("waiting").at(0).at("state").as_string() == "absent");
  BOOST_TEST(answer("Config.ForgetConsumer", R"({"consumer":"web"})") == "{}");
  BOOST_TEST(text_of(wait(revision).parameters()) == R"({"applied":true,"waiting":[]})");
}

BOOST_FIXTURE_TEST_CASE(what_was_acknowledged_outlives_the_daemon, serving) {
  {
    auto const web = follow("web", R"(["app"])");
    acknowledge("web", 1);
  }
  BOOST_TEST(daemon.stop() == 0);
  daemon.start();
  BOOST_TEST(consumer().at("applied").as_int64() == 1);
  BOOST_TEST(consumer().at("state").as_string() == "absent");
  BOOST_TEST(revision() == 1U); // consumers are no revision

  int const revision = set(2);
  auto web = follow("web", R"(["app"])", R"(,"afterRevision":1)");
  auto waiting = wait(revision);
  acknowledge("web", revision);
  BOOST_TEST(waiting.parameters().at("applied").as_bool());
  wait_until_kept(revision);
  daemon.kill();
  daemon.start();
  BOOST_TEST(consumer().at("applied").as_int64() == revision);
}

BOOST_FIXTURE_TEST_CASE(history_says_what_a_resumed_watch_was_sent, serving) {
  {
    auto const web = follow("web", R"(["app"])");
    acknowledge("web", 1);
  }
  call("Config.Set", R"({"values":{"theme.x":1}})"); // revision 2 does not concern it
  daemon.stop();
  daemon.start();
  auto const web = follow("web", R"(["app"])", R"(,"afterRevision":2)");
  auto const made = wait(2, R"(,"consumers":["web"])").parameters();
  BOOST_TEST(made.at("applied").as_bool());
}

BOOST_FIXTURE_TEST_CASE(a_consumer_that_lags_is_a_warning_until_it_catches_up,
                        serving_impatiently) {
  auto web = follow("web");
  daemon.wait_for_line("the consumer 'web' has not applied what was sent to it for 200 ms");
  daemon.wait_for_line("check 'consumers' is warning");
  BOOST_TEST(answer("Service.Metrics").find("cfgd_consumers_behind 1") != std::string::npos);
  acknowledge("web", 1);
  daemon.wait_for_line("the consumer 'web' is no longer late");
  daemon.wait_for_line("check 'consumers' is healthy");
}

BOOST_FIXTURE_TEST_CASE(a_change_is_confirmed_when_it_is_applied, serving) {
  auto web = follow("web");
  acknowledge("web", 1);
  call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":600,"untilApplied":true})");
  auto const pending = call("Config.ListPending").at("parameters").at("pending").at(0);
  BOOST_TEST(pending.at("untilApplied").as_bool());
  BOOST_TEST(pending.at("kind").as_string() == "confirm");
  web.parameters();
  acknowledge("web", 2);
  daemon.wait_for_line("revision 2 confirmed: the consumer that it concerns has applied it");
  BOOST_TEST(answer("Config.ListPending") == R"({"pending":[]})");
  BOOST_TEST(value("app.n") == "2");
}

BOOST_FIXTURE_TEST_CASE(a_change_is_undone_at_once_when_a_consumer_fails, serving) {
  auto web = follow("web");
  acknowledge("web", 1);
  call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":600,"untilApplied":true})");
  web.parameters();
  acknowledge("web", 2, false);
  BOOST_TEST(text_of(web.parameters().at("values")) == R"({"app.n":1})");
  daemon.wait_for_line("revision 2: the consumer 'web' could not apply it; it was undone as "
                       "revision 3");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_undone_stays_pending, serving) {
  auto web = follow("web");
  acknowledge("web", 1);
  call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":600,"untilApplied":true})");
  web.parameters();
  // From here on the value before is not valid.
  save_below("schemas", "app.json", R"({"properties":{"n":{"minimum":2}}})");
  sync();
  acknowledge("web", 2, false);
  daemon.wait_for_line("revision 2: the consumer 'web' could not apply it; it could not be undone");
  acknowledge("web", 2);
  call("Config.Set", R"({"values":{"theme.x":1},"expireSeconds":600})"); // the list is looked at
  BOOST_TEST(call("Config.ListPending").at("parameters").at("pending").as_array().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(until_applied_outlives_the_daemon, serving) {
  {
    auto const web = follow("web");
    acknowledge("web", 1);
  }
  call("Config.Set", R"({"values":{"app.n":2},"confirmSeconds":600,"untilApplied":true})");
  wait_until_kept(1);
  daemon.kill();
  daemon.start();
  BOOST_TEST(call("Config.ListPending").at("parameters").at("pending").as_array().size() == 1U);
  auto const web = follow("web", "[]", R"(,"afterRevision":1)");
  acknowledge("web", 2);
  daemon.wait_for_line("revision 2 confirmed");
}

BOOST_FIXTURE_TEST_CASE(a_name_belongs_to_its_user, serving, *as_root) {
  auto const web = follow("web");
  acknowledge("web", 1);
  auto const path = daemon.socket();
  BOOST_TEST(as_other_user([&] {
    auto const error = [&](std::string const& text) {
      auto const reply = stream(path).ask(text);
      auto const* const name = reply.if_contains("error");
      return name == nullptr ? std::string() : std::string(name->as_string());
    };
    std::string const denied = "org.varlink.service.PermissionDenied";
    return error(call_more("Config.Watch", R"({"consumer":"web"})")) == denied &&
           error(call_text("Config.Acknowledge", R"({"consumer":"web","revision":1,"ok":true})")) ==
               denied &&
           error(call_text("Config.ForgetConsumer", R"({"consumer":"web"})")) == denied &&
           error(call_text("Config.WaitApplied", R"({"revision":1,"consumers":["web"]})")).empty();
  }));
}

BOOST_FIXTURE_TEST_CASE(hidden_namespaces_hide_their_consumers, serving, *as_root) {
  save_below("access", "50-x.toml",
             "[[entry]]\ndeny = [\"read\"]\nto = \"user:4242\"\nnamespaces = [\"app\"]\n");
  sync();
  auto const web = follow("web", R"(["app"])");
  auto const both = follow("xboth", R"(["app","theme"])");
  auto const path = daemon.socket();
  BOOST_TEST(as_other_user([&] {
    auto const reply = stream(path).ask(call_text("Config.Consumers", "{}"));
    auto const& list = reply.at("parameters").at("consumers").as_array();
    auto const waited =
        stream(path).ask(call_text("Config.WaitApplied", R"({"revision":1,"consumers":["web"]})"));
    return list.size() == 1U && list.at(0).at("name").as_string() == "xboth" &&
           text_of(list.at(0).at("prefixes")) == R"(["theme"])" &&
           waited.at("error").as_string() == "io.cfgd.Config.NoSuchConsumer";
  }));
}

BOOST_FIXTURE_TEST_CASE(the_command_line_waits_and_lists, serving) {
  struct ended {
    int code;
    std::string output;
  };
  auto const cfgctl = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"--socket", daemon.socket().string()});
    program_run run(CFGCTL_PROGRAM, words);
    int const code = run.finish();
    return ended{code, run.out()};
  };
  BOOST_TEST(cfgctl({"consumers"}).output == "No consumers.\n");
  auto web = follow("web");
  acknowledge("web", 1);
  BOOST_TEST(cfgctl({"wait", "1"}).output == "revision 1 is applied\n");
  auto const late = cfgctl({"set", "app.n=2", "--wait=1s"});
  BOOST_TEST(late.code == 5);
  BOOST_TEST(late.output.ends_with("revision 2 is not applied:\n"
                                   "  web: has applied revision 1\n"));
  acknowledge("web", 2, false);
  auto const failed = cfgctl({"--timeout", "5", "wait", "2", "--consumer", "web"});
  BOOST_TEST(failed.code == 5);
  BOOST_TEST(failed.output.ends_with("  web: could not apply revision 2: no space\n"));
  BOOST_TEST(cfgctl({"consumers"}).output.find("web: could not apply revision 2: no space") !=
             std::string::npos);
  acknowledge("web", 2);
  BOOST_TEST(cfgctl({"--json", "wait", "2"}).output.find("\"applied\":true") != std::string::npos);
  auto const both = cfgctl({"--json", "set", "app.n=4", "--wait=1s"});
  BOOST_TEST(both.code == 5);
  BOOST_TEST(both.output.find(R"("revision":3)") != std::string::npos);
  BOOST_TEST(both.output.find(R"("applied":false)") != std::string::npos);
  BOOST_TEST(cfgctl({"consumers", "--forget", "nobody"}).code == 1);
  BOOST_TEST(cfgctl({"wait", "app.n", "--consumer", "web"}).code == 2);
  BOOST_TEST(cfgctl({"set", "app.n=3", "--until-applied"}).code == 2);
}

BOOST_FIXTURE_TEST_CASE(a_change_is_printed_although_the_wait_for_it_fails, serving) {
  for (bool const as_json : {true, false}) {
    auto const web = follow("web");
    auto const at = static_cast<std::int64_t>(revision());
    std::vector<std::string> words{"--socket", daemon.socket().string(), "set", "--wait=60s",
                                   "app.n=" + std::to_string(100 + at)};
    if (as_json) words.insert(words.begin(), "--json");
    program_run run(CFGCTL_PROGRAM, words);
    while (static_cast<std::int64_t>(revision()) == at)
      stream(daemon.socket()).is_quiet_for(20ms);
    daemon.stop();
    BOOST_TEST(run.finish() == 5);
    if (as_json) {
      auto const out = cfgd::json::parse(run.out()).value().as_object();
      BOOST_TEST(out.at("revision").as_int64() == at + 1);
      BOOST_TEST(!out.contains("applied"));
      BOOST_TEST(out.contains("message"));
    } else {
      BOOST_TEST(run.out().find("revision " + std::to_string(at + 1)) != std::string::npos);
    }
    BOOST_TEST(run.err().find("wait " + std::to_string(at + 1)) != std::string::npos);
    daemon.start();
  }
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
