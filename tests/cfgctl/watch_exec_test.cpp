#include "cfgctl/commands/watch_exec.hpp"
#include "tests/cfgctl/cfgctl_talk.hpp"

#include <csignal>
#include <string>
#include <vector>

using cfgd::cfgctl::merged_events;
using cfgd::client::watch_event;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;

namespace {

std::string const state = R"({"parameters":{"revision":1,"values":{"a.b":0},"ready":true},)"
                          R"("continues":true})";

std::string change(int revision, std::string const& fields) {
  return R"({"parameters":{"revision":)" + std::to_string(revision) + ',' + fields +
         R"(},"continues":true})";
}

watch_event event(cfgd::client::revision_number revision, boost::json::object values,
                  std::vector<std::string> removed = {}) {
  watch_event out;
  out.revision = revision;
  out.values = std::move(values);
  out.removed = std::move(removed);
  return out;
}

scripted_peer::script tell(std::vector<std::string> replies) {
  return [replies = std::move(replies)](scripted_connection& client) {
    client.receive();
    for (auto const& one : replies)
      client.send(one);
    client.wait_for_close();
  };
}

/// Prints its input and environment, and a word when it is done.
std::string const show = R"(echo "$CFGD_EVENT $CFGD_REVISION $CFGD_KEYS"; cat; echo done)";

} // namespace

BOOST_FIXTURE_TEST_SUITE(watch_exec, cfgd::test::cfgctl_fixture)

BOOST_AUTO_TEST_CASE(what_waits_is_the_outcome_of_all) {
  merged_events waiting;
  BOOST_TEST(waiting.empty());
  waiting.add(event(2, {{"a.b", 1}, {"a.c", 1}}, {"a.d"}));
  waiting.add(event(3, {{"a.b", 2}, {"a.d", 3}}, {"a.c"}));
  waiting.add(event(5, {}, {"a.c"}));

  auto const merged = waiting.take();

  BOOST_TEST(waiting.empty());
  BOOST_TEST(merged.environment ==
                 (std::vector<std::string>{"CFGD_REVISION=5", "CFGD_KEYS=a.b\na.d\na.c",
                                           "CFGD_EVENT=change"}),
             boost::test_tools::per_element());
  BOOST_TEST(merged.input ==
             "{\"revision\":5,\"values\":{\"a.b\":2,\"a.d\":3},\"removed\":[\"a.c\"]}\n");
}

BOOST_AUTO_TEST_CASE(names_of_keys_stop_at_a_whole_one_where_there_are_too_many) {
  merged_events waiting;
  watch_event many;
  many.revision = 2;
  for (int number = 0; number < 10'000; ++number)
    many.values["a.key" + std::to_string(number)] = 1;
  waiting.add(std::move(many));

  auto const merged = waiting.take();

  BOOST_TEST(merged.environment.at(1).size() <= 64U * 1024 + 16);
  BOOST_TEST(merged.input.find("a.key9999") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_program_runs_for_changes_and_not_for_the_state) {
  scripted_peer peer(path, {tell({state, change(2, R"("values":{"a.b":1})")})});

  auto run = cfgctl({"watch", "a", "--exec", "sh", "-c", show}, {"PATH=/usr/bin:/bin"});
  run.wait_for_output("done\n");
  run.send_signal(SIGTERM);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "change 2 a.b\n{\"revision\":2,\"values\":{\"a.b\":1}}\ndone\n");
  BOOST_TEST(run.err() == "");
}

BOOST_AUTO_TEST_CASE(the_state_is_handed_over_if_it_is_wanted) {
  scripted_peer peer(path, {tell({state})});

  auto run =
      cfgctl({"watch", "--initial", "--exec", "--", "sh", "-c", show}, {"PATH=/usr/bin:/bin"});
  // Behind --exec, "--" may stand, and all is the program's.
  run.wait_for_output("done\n");
  run.send_signal(SIGTERM);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out().starts_with("state 1 a.b\n"));
}

BOOST_AUTO_TEST_CASE(a_program_that_fails_is_reported_and_the_watch_goes_on) {
  scripted_peer peer(path, {tell({state, change(2, R"("values":{"a.b":1})")})});

  auto run = cfgctl({"watch", "--exec", "sh", "-c", "exit 3"}, {"PATH=/usr/bin:/bin"});
  run.wait_for_error("going on\n");
  run.send_signal(SIGINT);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err() == "cfgctl: watch: 'sh' ended with 3; going on\n");
}

BOOST_AUTO_TEST_CASE(a_missing_program_is_reported) {
  scripted_peer peer(path, {tell({state, change(2, R"("values":{"a.b":1})")})});

  auto run = cfgctl({"watch", "--exec", directory / "none"});
  run.wait_for_error("going on\n");
  run.send_signal(SIGTERM);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err().find("cannot be run: No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_program_that_runs_is_ended_with_the_watch) {
  scripted_peer peer(path, {tell({state, change(2, R"("values":{"a.b":1})")})});

  auto run =
      cfgctl({"watch", "--exec", "sh", "-c", "echo runs; exec sleep 1000"}, {"PATH=/usr/bin:/bin"});
  run.wait_for_output("runs\n");
  run.send_signal(SIGTERM);

  BOOST_TEST(run.finish() == 0);
}

BOOST_FIXTURE_TEST_CASE(initial_needs_a_program, cfgd::test::cfgctl_fixture) {
  auto run = cfgctl({"watch", "--initial"});

  BOOST_TEST(run.finish() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
