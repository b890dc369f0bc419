#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <csignal>
#include <stdexcept>

using cfgd::test::call;
using cfgd::test::cfgctl_fixture;
using cfgd::test::check;
using cfgd::test::exchange;
using cfgd::test::get;
using cfgd::test::refused;
using cfgd::test::reply;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;
using cfgd::test::talk;

namespace {

std::string set(std::string_view parameters) { return call("io.cfgd.Config.Set", parameters); }

std::string found(std::string_view values) {
  return reply(R"({"values":)" + std::string(values) + R"(,"missing":[],"revision":7})");
}

std::vector<talk> const reading{
    {{"get", "a.b"}, {{get(R"(["a.b"])"), found(R"({"a.b":"x y"})")}}, 0, "x y\n", ""},
    {{"get", "a.b"}, {{get(R"(["a.b"])"), found(R"({"a.b":0.1})")}}, 0, "0.1\n", ""},
    {{"get", "a"},
     {{get(R"(["a"])"), found(R"({"a":{"b":[1]}})")}},
     0,
     "{\n  \"b\": [\n    1\n  ]\n}\n",
     ""},
    {{"get", "a.b", "a.c"},
     {{get(R"(["a.b","a.c"])"), found(R"({"a.c":{"d":1},"a.b":"x"})")}},
     0,
     "a.b = \"x\"\na.c = {\"d\":1}\n",
     ""},
    {{"get", "a.b", "--json"},
     {{get(R"(["a.b"])"), found(R"({"a.b":"x"})")}},
     0,
     "{\"values\":{\"a.b\":\"x\"},\"missing\":[],\"revision\":7}\n",
     ""},
    {{"get", "a.b"},
     {{get(R"(["a.b"])"), reply(R"({"values":{},"missing":["a.b"],"revision":7})")}},
     1,
     "",
     "cfgctl: get a.b: there is no such key\n"},
    {{"get", "a.b", "a.c"},
     {{get(R"(["a.b","a.c"])"), reply(R"({"values":{"a.c":1},"missing":["a.b"],"revision":7})")}},
     1,
     "a.c = 1\n",
     "cfgctl: get a.b: there is no such key\n"},
    {{"get", "A"},
     {{get(R"(["A"])"),
       refused("io.cfgd.Config.BadKey", R"({"key":"A","message":"not a namespace"})")}},
     1,
     "",
     "cfgctl: get A: 'A' is not a valid key: not a namespace\n"},
    {{"list", "a"},
     {{R"({"method":"io.cfgd.Config.List","parameters":{"prefix":"a"},"more":true})",
       found(R"({"a.b":1,"a.c":"x"})")}},
     0,
     "a.b = 1\na.c = \"x\"\n",
     ""},
    {{"list"},
     {{R"({"method":"io.cfgd.Config.List","more":true})", reply(R"({"revision":0})")}},
     0,
     "",
     ""},
    {{"--json", "list"},
     {{R"({"method":"io.cfgd.Config.List","more":true})", found(R"({"a.b":1})")}},
     0,
     "{\"values\":{\"a.b\":1},\"revision\":7}\n",
     ""},
    {{"sync"}, {{call("io.cfgd.Config.Sync"), reply(R"({"revision":9})")}}, 0, "revision 9\n", ""},
    {{"sync"},
     {{call("io.cfgd.Config.Sync"), reply(R"({"revision":9,"waiting":2})")}},
     0,
     "revision 9\nfiles that wait for 'cfgctl edit end': 2\n",
     ""},
    {{"reload", "--json"},
     {{call("io.cfgd.Service.Reload"), reply(R"({"revision":9})")}},
     0,
     "{\"revision\":9}\n",
     ""},
    {{"cache", "warm", "a"},
     {{call("io.cfgd.Service.Warm", R"({"namespace":"a"})"), reply(R"({"entries":3})")}},
     0,
     "3 entries filled\n",
     ""},
    {{"cache", "invalidate"},
     {{call("io.cfgd.Service.Invalidate"), reply(R"({"entries":3})")}},
     0,
     "3 entries dropped\n",
     ""},
    {{"reload"},
     {{call("io.cfgd.Service.Reload"), refused("org.varlink.service.MethodNotImplemented",
                                               R"({"method":"io.cfgd.Service.Reload"})")}},
     1,
     "",
     "cfgctl: reload: this service does not have the method 'io.cfgd.Service.Reload'\n"},
};

std::vector<talk> const changing{
    {{"set", "a.b=1", "a.c=x y", "--comment", "why"},
     {{set(R"({"values":{"a.b":1,"a.c":"x y"},"comment":"why","text":true})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[]})")}},
     0,
     "a.b = 1\nrevision 8\n",
     ""},
    {{"set", "a.b=-5", "--if-revision", "7", "--dry-run"},
     {{set(R"({"values":{"a.b":-5},"ifRevision":7,"dryRun":true,"text":true})"),
       reply(R"({"revision":7,"changed":["a.b"],"warnings":[]})")}},
     0,
     "a.b = -5\ndry run, nothing was written\n",
     ""},
    {{"set", R"(a."x=y".b={"c":true})"},
     {{set(R"({"values":{"a.\"x=y\".b":{"c":true}},"text":true})"),
       reply(R"({"revision":8,"changed":["a.\"x=y\".b.c"],"warnings":[]})")}},
     0,
     "a.\"x=y\".b.c changed\nrevision 8\n",
     ""},
    {{"set", "a.b=1"},
     {{set(R"({"values":{"a.b":1},"text":true})"),
       R"({"parameters":{"revision":8,"changed":[],"warnings":[)"
       R"({"severity":"warning","rule":"r1","key":"a.b","message":"odd"}]}})"}},
     0,
     "no effective value changed, revision 8\n",
     "warning: a.b: odd [r1]\n"},
    {{"set", "a.b=1", "--json"},
     {{set(R"({"values":{"a.b":1}})"), reply(R"({"revision":8,"changed":["a.b"]})")}},
     0,
     "{\"revision\":8,\"changed\":[\"a.b\"],\"warnings\":[],\"hides\":[]}\n",
     ""},
    {{"unset", "a.b", "a.c"},
     {{set(R"({"unset":["a.b","a.c"]})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[]})")}},
     0,
     "a.b changed\nrevision 8\n",
     ""},
    {{"set", "a.b=1"},
     {{set(R"({"values":{"a.b":1},"text":true})"),
       refused("io.cfgd.Config.RevisionMismatch", R"({"revision":12})")}},
     1,
     "",
     "cfgctl: set a.b: the service is at revision 12\n"
     "  read the values again, then repeat the change with --if-revision 12\n"},
    {{"set", "a.b=1", "a.c=2"},
     {{set(R"({"values":{"a.b":1,"a.c":2},"text":true})"),
       refused(
           "io.cfgd.Config.Invalid",
           R"({"issues":[{"severity":"error","rule":"maximum","key":"a.b","message":"too large"},)"
           R"({"severity":"error","rule":"r2","message":"do not fit"}]})")}},
     1,
     "",
     "cfgctl: set a.b and 1 more: the change is not valid, nothing was changed\n"
     "  error: a.b: too large [maximum]\n  error: do not fit [r2]\n"},
};

std::vector<talk> const calling{
    {{"call", "a.b.C", R"({"x": 1})"},
     {{call("a.b.C", R"({"x":1})"), reply(R"({"y":[]})")}},
     0,
     "{\"y\":[]}\n",
     ""},
    {{"call", "a.b.C"},
     {{call("a.b.C"), refused("a.b.Odd", R"({"x":1})")}},
     1,
     "",
     "cfgctl: call a.b.C: a.b.Odd {\"x\":1}\n"},
    {{"call", "--more", "a.b.C"},
     {{R"({"method":"a.b.C","more":true})", reply(R"({"y":1})")}},
     0,
     "{\"y\":1}\n",
     ""},
    {{"interfaces"},
     {{call("org.varlink.service.GetInfo"),
       reply(R"({"vendor":"v","interfaces":["org.varlink.service","a.b"]})")}},
     0,
     "org.varlink.service\na.b\n",
     ""},
    {{"introspect", "a.b"},
     {{call("org.varlink.service.GetInterfaceDescription", R"({"interface":"a.b"})"),
       R"~({"parameters":{"description":"interface a.b\nmethod C() -> ()"}})~"}},
     0,
     "interface a.b\nmethod C() -> ()\n",
     ""},
};

/// A command line that is wrong, and a part of what is said about it.
struct slip {
  std::vector<std::string> arguments;
  std::string err;
};

std::ostream& operator<<(std::ostream& out, slip const& what) {
  for (auto const& argument : what.arguments)
    out << argument << ' ';
  return out;
}

std::vector<slip> const slips{
    {{}, "subcommand"},
    {{"frob"}, "frob"},
    {{"get"}, "KEY"},
    {{"get", "--frob", "a"}, "--frob"},
    {{"set", "a"}, "no '='"},
    {{"set", "=1"}, "no key"},
    {{"set", "a=null"}, "unset"},
    {{"set", "a=1", "a=2"}, "twice"},
    {{"set", "a=1", "--if-revision", "x"}, "--if-revision"},
    {{"--timeout", "-1", "sync"}, "--timeout"},
    {{"--color", "blue", "sync"}, "--color"},
    {{"call", "a.b.C", "[1]"}, "object"},
    {{"call", "a.b.C", "{"}, "call a.b.C"},
    {{"call", "a.b.C", "--more", "--oneway"}, "excludes"},
    {{"cache"}, "subcommand"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cfgctl, cfgctl_fixture)

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, reads, boost::unit_test::data::make(reading)) {
  check(*this, sample);
}

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, changes, boost::unit_test::data::make(changing)) {
  check(*this, sample);
}

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, speaks_varlink, boost::unit_test::data::make(calling)) {
  check(*this, sample);
}

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, refuses_wrong_command_lines,
                       boost::unit_test::data::make(slips)) {
  auto run = cfgctl(sample.arguments);

  BOOST_TEST(run.finish() == 2);
  BOOST_TEST(run.out() == "");
  BOOST_TEST(run.err().starts_with("cfgctl: "));
  BOOST_TEST(run.err().find(sample.err) != std::string::npos, run.err());
}

BOOST_AUTO_TEST_CASE(help_and_version_are_no_errors) {
  auto help = cfgctl({"--help"});
  auto version = cfgctl({"--version"});

  BOOST_TEST(help.finish() == 0);
  BOOST_TEST(help.out().find("Exit codes: 0") != std::string::npos);
  BOOST_TEST(help.err() == "");
  BOOST_TEST(version.finish() == 0);
  BOOST_TEST(version.out().starts_with("cfgctl "));
}

BOOST_AUTO_TEST_CASE(nobody_at_the_socket_ends_with_3_and_says_what_to_do) {
  auto run = cfgctl({"get", "a.b"});

  BOOST_TEST(run.finish() == 3);
  BOOST_TEST(run.err().find("'" + path + "': No such file") != std::string::npos, run.err());
  BOOST_TEST(run.err().find("systemctl start cfgd") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_socket_of_the_command_line_comes_first) {
  std::string const other = directory / "other";
  scripted_peer peer(other, {exchange({{get(R"(["a.b"])"), found(R"({"a.b":1})")}})});

  auto run = cfgctl({"get", "a.b", "--socket", "unix:" + other});

  BOOST_TEST(run.finish() == 0);
}

BOOST_AUTO_TEST_CASE(a_silent_service_ends_with_4) {
  scripted_peer peer(path, {[](scripted_connection& client) { client.wait_for_close(); }});

  auto run = cfgctl({"--timeout", "0.05", "get", "a.b"});

  BOOST_TEST(run.finish() == 4);
  BOOST_TEST(run.err().find("did not answer in time") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_invalid_reply_ends_with_4) {
  scripted_peer peer(path, {exchange({{call("io.cfgd.Config.Sync"), "nonsense"}})});

  auto run = cfgctl({"sync"});

  BOOST_TEST(run.finish() == 4);
  BOOST_TEST(run.err().starts_with("cfgctl: sync: the service sent an invalid reply"), run.err());
}

BOOST_AUTO_TEST_CASE(a_text_that_is_nearly_json_is_remarked) {
  scripted_peer peer(path, {exchange({{set(R"({"values":{"a.b":"[1,"},"text":true})"),
                                       R"({"parameters":{"revision":8,"changed":["a.b"]}})"}})});

  auto run = cfgctl({"set", "a.b=[1,"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err().starts_with("warning: a.b: taken as a string: "), run.err());
}

BOOST_AUTO_TEST_CASE(a_closed_reader_is_no_error) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       client.wait_for_close();
                     }});
  auto run = cfgctl({"watch"});

  run.close_output();

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err() == "");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(watch_goes_on_over_a_reconnect_and_ends_with_0_on_a_signal) {
  scripted_peer peer(
      path,
      {[](scripted_connection& client) {
         if (client.receive() !=
             R"({"method":"io.cfgd.Config.Watch","parameters":{"prefixes":["a"]},"more":true})") {
           throw std::runtime_error("unexpected call");
         }
         client.send(R"({"parameters":{"values":{"a.b":1},"revision":5},"continues":true})");
         client.send(
             R"({"parameters":{"values":{"a.c":"x"},"ready":true,"revision":5},"continues":true})");
       },
       [](scripted_connection& client) {
         if (client.receive().find(R"("afterRevision":5)") == std::string::npos) {
           throw std::runtime_error("it does not go on");
         }
         client.send(R"({"parameters":{"removed":["a.b"],"revision":6,"origin":{"layer":"admin",)"
                     R"("path":"/e/a.yaml","line":3,"revision":6}},"continues":true})");
         client.wait_for_close();
       }});
  auto run = cfgctl({"watch", "a"});

  run.wait_for_output("a.b removed\n");
  run.send_signal(SIGINT);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "# revision 5\na.b = 1\na.c = \"x\"\n"
                          "# revision 6, admin /e/a.yaml:3\na.b removed\n");
  BOOST_TEST(run.err() == "cfgctl: watch: the service closed the connection; trying again\n");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(watch_prints_one_document_a_line) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       client.send(R"({"parameters":{"values":{"a.b":1},"ready":true,)"
                                   R"("revision":5},"continues":true})");
                       client.send(R"({"parameters":{"values":{"a.b":2},"revision":6},)"
                                   R"("continues":true})");
                       client.wait_for_close();
                     }});
  auto run = cfgctl({"watch", "--json"});

  run.wait_for_output("6,\"values\":{\"a.b\":2}}\n");
  run.send_signal(SIGTERM);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "{\"revision\":5,\"ready\":true,\"values\":{\"a.b\":1}}\n"
                          "{\"revision\":6,\"values\":{\"a.b\":2}}\n");
}

BOOST_AUTO_TEST_CASE(a_refused_watch_ends) {
  scripted_peer peer(path, {exchange({{R"({"method":"io.cfgd.Config.Watch","more":true})",
                                       refused("org.varlink.service.PermissionDenied", "{}")}})});

  auto run = cfgctl({"watch"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err().starts_with("cfgctl: watch: permission denied\n"));
}

BOOST_AUTO_TEST_CASE(explain_shows_every_layer_and_the_winner) {
  scripted_peer peer(
      path,
      {exchange(
          {{call("io.cfgd.Config.Explain", R"({"key":"a.b"})"),
            R"({"parameters":{"values":{"a.b":"new"},"candidates":[)"
            R"({"origin":{"layer":"override","uid":1000,"revision":17,"unit":"a.service",)"
            R"("time":"2026-11-23T10:36:32.000Z"},"values":{"a.b":"new"}},)"
            R"({"origin":{"layer":"admin","path":"/e/a.yaml","line":3,"column":8,"revision":4},)"
            R"("values":{"a.b":"old"}},)"
            R"({"origin":{"layer":"default","revision":1}}],)"
            R"("schema":{"title":"The title","type":"string","minLength":1,"default":"x"},"secret":false,"writable":false,"revision":17}})"}})});

  auto run = cfgctl({"explain", "a.b"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(
      run.out() ==
      "a.b = \"new\"\n"
      "   LAYER        VALUE      WHERE                 REVISION  TIME\n"
      "*  override     \"new\"      uid 1000 (a.service)        17  2026-11-23T10:36:32.000Z\n"
      "   environment  -\n"
      "   runtime      -\n"
      "   admin        \"old\"      /e/a.yaml:3:8                4\n"
      "   vendor       -\n"
      "   default      (removed)                               1\n"
      "schema\n"
      "  The title\n"
      "  string, minLength 1\n"
      "  default \"x\"\n"
      "You may not change it.\n");
}

BOOST_AUTO_TEST_SUITE_END()
