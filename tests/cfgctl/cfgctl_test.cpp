#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

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

/// A value with values in it.
std::string const nested = found(R"({"a":{"b":{"c":"x y","d":[1,"no"]}}})");

std::string explained(std::string_view candidates) {
  return reply(R"({"candidates":)" + std::string(candidates) +
               R"(,"secret":false,"writable":true,"revision":7})");
}

std::string explain(std::string_view key) {
  return call("io.cfgd.Config.Explain", R"({"key":")" + std::string(key) + R"("})");
}

std::string const overridden = explained(R"([{"origin":{"layer":"override","revision":3}}])");
std::string const by_file = explained(R"([{"origin":{"layer":"admin","revision":3}}])");

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
     2,
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
     1,
     "",
     "cfgctl: list: there are no values\n"},
    {{"ls", "a", "--json"},
     {{R"({"method":"io.cfgd.Config.List","parameters":{"prefix":"a"},"more":true})",
       reply(R"({"revision":3})")}},
     1,
     "{\"values\":{},\"revision\":3}\n",
     "cfgctl: list a: there is no such key\n"},
    {{"get", "a.b", "a.c", "--default", "7"},
     {{get(R"(["a.b","a.c"])"), reply(R"({"values":{"a.c":1},"missing":["a.b"],"revision":7})")}},
     0,
     "a.b = 7\na.c = 1\n",
     ""},
    {{"get", "a", "-o", "json"},
     {{get(R"(["a"])"), nested}},
     0,
     "{\"b\":{\"c\":\"x y\",\"d\":[1,\"no\"]}}\n",
     ""},
    {{"get", "a", "-o", "yaml"},
     {{get(R"(["a"])"), nested}},
     0,
     "b:\n  c: x y\n  d:\n    - 1\n    - \"no\"\n",
     ""},
    {{"get", "a", "-o", "toml"},
     {{get(R"(["a"])"), nested}},
     0,
     "[a.b]\nc = \"x y\"\nd = [1, \"no\"]\n",
     ""},
    {{"get", "a", "-o", "env"},
     {{get(R"(["a"])"), nested}},
     0,
     "A__B__C=\"x y\"\nA__B__D=\"[1,\\\"no\\\"]\"\n",
     ""},
    {{"get", "a.b", "a.c", "-o", "raw"},
     {{get(R"(["a.b","a.c"])"), found(R"({"a.c":[1],"a.b":"x"})")}},
     0,
     "x\n[1]\n",
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
    {{"sync"},
     {{call("io.cfgd.Config.Sync"), reply(R"({"revision":9,"emptied":1})")}},
     0,
     "revision 9\nempty files that keep their values for some seconds: 1\n",
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
    {{"set", "a.b", "x y"},
     {{set(R"({"values":{"a.b":"x y"},"text":true})"),
       reply(R"({"revision":8,"changed":["a.b"]})")}},
     0,
     "a.b = \"x y\"\nrevision 8\n",
     ""},
    {{"set", "a.b", "c=d"},
     {{set(R"({"values":{"a.b":"c=d"},"text":true})"),
       reply(R"({"revision":8,"changed":["a.b"]})")}},
     0,
     "a.b = \"c=d\"\nrevision 8\n",
     ""},
    {{"set", "a.b=1", "--strict"},
     {{call("io.cfgd.Service.Status"),
       reply(R"({"version":"1","pid":1,"startTime":"t","status":"healthy","ready":true,)"
             R"("degraded":false,"revision":5,"namespaces":["b"],"connections":1,"watchers":0})")}},
     1,
     "",
     "cfgctl: set a.b: there is no namespace 'a'\n"},
    {{"rm", "a.b"}, {{explain("a.b"), by_file}}, 0, "a.b has no override; nothing to do.\n", ""},
    {{"delete", "a.b"},
     {{explain("a.b"), overridden},
      {set(R"({"unset":["a.b"]})"), reply(R"({"revision":8,"changed":["a.b"],"warnings":[]})")}},
     0,
     "a.b changed\nrevision 8\n",
     ""},
    {{"unset", "a.b"},
     {{explain("a.b"), reply(R"({"candidates":[],"secret":false,"writable":false,"revision":7})")},
      {call("io.cfgd.Config.Set", R"({"unset":["a.b"]})"),
       refused("io.cfgd.Config.ReadOnly", R"({"key":"a.b"})")}},
     1,
     "",
     "cfgctl: unset a.b: 'a.b' is read-only\n"},
    {{"unset", "a.b", "a.c", "--strict"},
     {{explain("a.b"), overridden}, {explain("a.c"), by_file}},
     1,
     "",
     "cfgctl: unset a.b and 1 more: a.c has no override\n"},
    {{"unset", "a.b", "a.c"},
     {{explain("a.b"), overridden},
      {explain("a.c"), overridden},
      {set(R"({"unset":["a.b","a.c"]})"),
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
    {{}, "a command is missing"},
    {{"frob"}, "unknown command 'frob'"},
    {{"stauts"}, "unknown command 'stauts' (did you mean 'status'?)"},
    {{"help", "stauts"}, "unknown command 'stauts' (did you mean 'status'?)"},
    {{"get"}, "get: missing KEY\nusage: cfgctl get [OPTIONS] KEY..."},
    {{"get", "--frob", "a"}, "get: unknown option '--frob'"},
    {{"get", "--defualt=1", "a"}, "get: unknown option '--defualt' (did you mean '--default'?)"},
    {{"get", "a", "-o", "yml"}, "-o: 'yml' is not one of json, yaml, toml, env, raw"},
    {{"sync", "now"}, "sync: too many arguments: 'now'\nusage: cfgctl sync [OPTIONS]\n"},
    {{"diff", "1", "2", "a", "b"}, "diff: too many arguments: 'b'"},
    {{"set", "a"}, "missing value: set KEY=VALUE"},
    {{"set", "a.b", "c.d=1"}, "missing value: set KEY=VALUE"},
    {{"set", "a=1"}, "'a' is a namespace; set a.KEY"},
    {{"set", "=1"}, "KEY is empty"},
    {{"set", "a.b=null"}, "unset"},
    {{"set", "a.b=1", "a.b=2"}, "twice"},
    {{"set", "a.b=@/nowhere"}, "No such file"},
    {{"set", "--prompt", "a.b"}, "--prompt needs a terminal"},
    {{"set", "z.b=\xff"}, "argument 2 is not valid UTF-8"},
    {{"set", "a.b=1", "--if-revision", "x"}, "'x' is not a revision; see 'cfgctl log'"},
    {{"rollback", "-1"}, "'-1' is not a revision"},
    {{"rollback", "--", "-1"}, "'-1' is not a revision"},
    {{"log", "-n", "abc"}, "log: -n wants a number, not 'abc'"},
    {{"log", "-n"}, "needs a value"},
    {{"compact", "--keep", "0"}, "--keep wants at least 1, not 0"},
    {{"watch", "--initial"}, "--initial needs --exec"},
    {{"status", "--json=x"}, "--json takes no value"},
    {{"wait", "a.b={}"}, "cannot be waited for"},
    {{"--timeout", "-1", "sync"},
     "--timeout wants a number of seconds from 0 to 1000000, not '-1'"},
    {{"--color", "blue", "sync"}, "--color: 'blue' is not one of auto, always, never"},
    {{"sync", "--socket", "a", "--socket", "b"}, "sync: --socket is given more than once"},
    {{"export", "--layer", "amdin"}, "vendor, default (did you mean 'admin'?)"},
    {{"call", "a.b.C", "[1]"}, "object"},
    {{"call", "a.b.C", "{"}, "call a.b.C"},
    {{"call", "a.b.C", "--more", "--oneway"}, "cannot be used together"},
    {{"restore", "f", "--online", "--discard"}, "cannot be used together"},
    {{"cache"}, "cache: a command is missing (stats, invalidate, warm)"},
    {{"cache", "bogus"}, "cache: unknown command 'bogus' (stats, invalidate, warm)"},
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

BOOST_AUTO_TEST_CASE(help_and_version_are_commands_as_well) {
  auto help = cfgctl({"help", "cache", "warm"});
  auto same = cfgctl({"cache", "warm", "--help"});
  auto version = cfgctl({"version", "--json"});

  BOOST_TEST(help.finish() == 0);
  BOOST_TEST(same.finish() == 0);
  BOOST_TEST(help.out() == same.out());
  BOOST_TEST(help.out().find("Fill the cache") != std::string::npos, help.out());
  BOOST_TEST(version.finish() == 0);
  BOOST_TEST(version.out().starts_with(R"({"version":")"), version.out());
}

BOOST_AUTO_TEST_CASE(with_json_errors_are_an_object_on_standard_output) {
  scripted_peer peer(
      path,
      {exchange({{set(R"({"values":{"a.b":1}})"),
                  refused("io.cfgd.Config.Invalid",
                          R"({"issues":[{"severity":"error","rule":"r","message":"no"}]})")}}),
       exchange({{set(R"({"values":{"a.b":1}})"),
                  refused("io.cfgd.Config.ReadOnly", R"({"key":"a.b"})")}})});

  auto invalid = cfgctl({"--json", "set", "a.b=1"});
  BOOST_TEST(invalid.finish() == 1);
  auto read_only = cfgctl({"--json", "set", "a.b=1"});
  BOOST_TEST(read_only.finish() == 1);
  peer.finish();
  auto unreachable = cfgctl({"--json", "get", "a.b"});
  auto wrong = cfgctl({"--json", "frob"});

  BOOST_TEST(
      invalid.out() ==
      R"({"kind":"Invalid","message":"set a.b: the change is not valid, nothing was changed",)"
      R"("issues":[{"severity":"error","rule":"r","message":"no"}]})"
      "\n");
  BOOST_TEST(read_only.out() ==
             R"({"kind":"ReadOnly","message":"set a.b: 'a.b' is read-only","key":"a.b"})"
             "\n");
  BOOST_TEST(unreachable.finish() == 3);
  BOOST_TEST(unreachable.out().starts_with(R"({"kind":"unreachable","message":"get a.b: )"),
             unreachable.out());
  BOOST_TEST(wrong.finish() == 2);
  BOOST_TEST(wrong.out() == R"({"kind":"usage","message":"unknown command 'frob'"})"
                            "\n");
}

BOOST_AUTO_TEST_CASE(a_change_is_printed_with_the_values_before_and_after) {
  std::string const record =
      R"({"changes":[{"revision":8,"time":"T","origin":{"layer":"override","revision":8},)"
      R"("created":["a.new"],"updated":["a.b","a.secret"],"deleted":["a.d"],)"
      R"("before":{"a.b":1,"a.d":4},"after":{"a.b":2,"a.new":[]}}],"oldest":1})";
  scripted_peer peer(
      path,
      {exchange({{set(R"({"values":{"a.b":2},"text":true})"),
                  reply(R"({"revision":8,"changed":["a.b","a.secret","a.new","a.d"]})")}}),
       exchange({{R"({"method":"io.cfgd.History.Log","parameters":{"afterRevision":7,"limit":1,)"
                  R"("values":true,"beforeRevision":9},"more":true})",
                  reply(record)}}),
       exchange({{call("io.cfgd.History.GetAt", R"({"keys":["a"],"revision":7})"),
                  reply(R"({"values":{},"missing":["a"]})")}}),
       exchange({{explain("a"), overridden}})});

  auto run = cfgctl({"set", "a.b=2"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() ==
             "a.b: 1 -> 2\na.secret changed\na.new = []\na.d: 4 -> (no value)\nrevision 8\n");
  BOOST_TEST(run.err() == "warning: the namespace 'a' is new\n");
}

BOOST_AUTO_TEST_CASE(at_most_twenty_changed_keys_are_listed_unless_all_are_asked_for) {
  std::string keys = R"("a.k0")";
  for (int at = 1; at < 25; ++at)
    keys += R"(,"a.k)" + std::to_string(at) + '"';
  auto const answer = [&] {
    return exchange({{set(R"({"values":{"a.b":{}},"text":true})"),
                      reply(R"({"revision":8,"changed":[)" + keys + "]}")}});
  };
  {
    scripted_peer peer(path, {answer()});
    auto run = cfgctl({"set", "a.b={}"});
    BOOST_TEST(run.finish() == 0);
    BOOST_TEST(run.out().ends_with("a.k19 changed\nand 5 more keys; -v prints all\nrevision 8\n"),
               run.out());
  }
  scripted_peer peer(path, {answer()});
  auto run = cfgctl({"set", "-v", "a.b={}"});
  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out().ends_with("a.k24 changed\nrevision 8\n"), run.out());
}

BOOST_AUTO_TEST_CASE(a_value_comes_from_a_file) {
  cfgd::test::write_file(directory / "value", "two\nlines\n");
  scripted_peer peer(path, {exchange({{set(R"({"values":{"a.b":"two\nlines"},"text":true})"),
                                       reply(R"({"revision":8,"changed":[]})")}})});

  auto run = cfgctl({"set", "a.b=@" + std::string(directory / "value")});

  BOOST_TEST(run.finish() == 0);
  peer.finish();
}

BOOST_AUTO_TEST_CASE(status_says_first_what_is_wrong_and_where) {
  scripted_peer peer(
      path,
      {exchange(
          {{call("io.cfgd.Service.Status"),
            reply(R"({"version":"1","pid":1,"startTime":"t","status":"warning","ready":true,)"
                  R"("degraded":true,"revision":5,"namespaces":["site"],"connections":1,)"
                  R"("watchers":0})")},
           {R"({"method":"io.cfgd.Service.Sources","more":true})",
            reply(R"({"sources":[{"path":"/e/site.yaml","namespace":"site","layer":"admin",)"
                  R"("state":"quarantined","message":"a colon is missing","line":12,"column":3,)"
                  R"("revision":4,"size":9,"watch":"inotify"}]})")},
           {call("io.cfgd.Service.Health"), reply(R"({"status":"warning","checks":[]})")}})});

  auto run = cfgctl({"status"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(
      run.out().starts_with("DEGRADED: 1 file not active: site.yaml:12:3: a colon is missing\n"),
      run.out());
}

BOOST_AUTO_TEST_CASE(the_root_before_a_command_names_the_socket) {
  std::string const root = directory / "tree";

  auto run = cfgctl({"--root", root, "get", "a.b"});

  BOOST_TEST(run.finish() == 3);
  BOOST_TEST(run.err().find(root + "/run/io.cfgd") != std::string::npos, run.err());
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

BOOST_AUTO_TEST_SUITE_END()
