#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using cfgd::test::call;
using cfgd::test::call_more;
using cfgd::test::cfgctl_fixture;
using cfgd::test::check;
using cfgd::test::refused;
using cfgd::test::reply;
using cfgd::test::talk;

namespace {

std::string history(std::string_view method, std::string_view parameters) {
  return call("io.cfgd.History." + std::string(method), parameters);
}

std::string log(std::string_view parameters) {
  return call_more("io.cfgd.History.Log", parameters);
}

std::string const twelve =
    R"({"revision":12,"time":"2026-11-23T10:36:32.000Z","origin":{"layer":"override","uid":4321,)"
    R"("revision":12},"pid":77,"unit":"a.service","comment":"campaign\nsecond line",)"
    R"("created":["a.b"],"updated":["a.c","a.secret"],"deleted":["a.d"])";
std::string const nine =
    R"({"revision":9,"time":"2026-11-22T10:36:32.000Z","origin":{"layer":"admin",)"
    R"("path":"/e/a.yaml","line":3,"revision":9},"created":[],"updated":["a.c"],"deleted":[]})";

std::string const twelve_text = "revision 12\n"
                                "Origin: override uid 4321 (a.service), pid 77\n"
                                "Date:   2026-11-23T10:36:32.000Z\n"
                                "\n"
                                "    campaign\n"
                                "    second line\n"
                                "\n";
std::string const nine_text = "revision 9\n"
                              "Origin: admin /e/a.yaml:3\n"
                              "Date:   2026-11-22T10:36:32.000Z\n"
                              "\n";

std::vector<talk> const talks{
    {{"log"},
     {{log(R"({"limit":100})"),
       reply("{\"changes\":[" + twelve + "}," + nine + "],\"oldest\":9}")}},
     0,
     twelve_text + "    A a.b\n    M a.c\n    M a.secret\n    D a.d\n\n" + nine_text +
         "    M a.c\n",
     ""},
    {{"log", "a.c", "-n", "1", "--since", "2026-11-01", "--after", "3", "-p"},
     {{log(R"({"prefix":"a.c","afterRevision":3,"since":"2026-11-01T00:00:00.000Z","limit":1,)"
           R"("values":true})"),
       reply("{\"changes\":[" + twelve +
             R"(,"before":{"a.c":1,"a.d":2},"after":{"a.b":"x","a.c":3}}],"oldest":1})")}},
     0,
     twelve_text + "+a.b \"x\"\n-a.c 1\n+a.c 3\n a.secret (secret)\n-a.d 2\n",
     ""},
    {{"log", "--json"},
     {{log(R"({"limit":100})"), reply("{\"changes\":[" + twelve + "}],\"oldest\":1}")},
      {log(R"({"limit":100,"beforeRevision":12})"),
       reply("{\"changes\":[" + nine + "],\"oldest\":1}")},
      {log(R"({"limit":100,"beforeRevision":9})"), reply(R"({"changes":[],"oldest":1})")}},
     0,
     twelve + "}\n" + nine + "\n",
     ""},
    {{"log"},
     {{log(R"({"limit":100})"), reply(R"({"changes":[],"oldest":1})")}},
     0,
     "",
     "cfgctl: log: no changes\n"},
    {{"log", "--after", "3"},
     {{log(R"({"afterRevision":3,"limit":100})"),
       refused("io.cfgd.History.NoSuchRevision", R"({"oldest":5,"newest":9})")}},
     1,
     "",
     "cfgctl: log: no such revision; the history has revisions 5 to 9\n"},
    {{"log", "--oneline"},
     {{log(R"({"limit":100})"),
       reply("{\"changes\":[" + twelve + "}," + nine + "],\"oldest\":9}")}},
     0,
     "12 2026-11-23T10:36:32.000Z  override uid 4321 (a.service)  a.c and 3 more"
     "  # campaign second line\n"
     "9 2026-11-22T10:36:32.000Z  admin /e/a.yaml:3  a.c\n",
     ""},
    {{"show", "9"},
     {{history("Log", R"({"limit":1,"values":true,"beforeRevision":10})"),
       reply("{\"changes\":[" + nine + "],\"oldest\":1}")}},
     0,
     nine_text + " a.c (secret)\n",
     ""},
    {{"show", "11"},
     {{history("Log", R"({"limit":1,"values":true,"beforeRevision":12})"),
       reply("{\"changes\":[" + nine + "],\"oldest\":4}")}},
     1,
     "",
     "cfgctl: show 11: there is no such change; the newest before it is 9\n"},
    {{"show", "3"},
     {{history("Log", R"({"limit":1,"values":true,"beforeRevision":4})"),
       reply(R"({"changes":[],"oldest":4})")}},
     1,
     "",
     "cfgctl: show 3: there is no such change; the oldest that is kept is 4\n"},
    {{"show", "11"},
     {{history("Log", R"({"limit":1,"values":true,"beforeRevision":12})"),
       reply("{\"changes\":[" + nine + "],\"oldest\":4,\"damaged\":[11,10]}")}},
     1,
     "",
     "cfgctl: show 11: the record of this revision is damaged\n"},
    {{"diff", "5"},
     {{history("Diff", R"({"from":5})"),
       reply(R"({"before":{"a.b":"old","a.x":1},"after":{"a.b":"new","a.y":2}})")}},
     1,
     "-a.b \"old\"\n+a.b \"new\"\n-a.x 1\n+a.y 2\n",
     ""},
    {{"diff", "5", "7", "a"},
     {{history("Diff", R"({"from":5,"to":7,"prefix":"a"})"), reply(R"({"before":{},"after":{}})")}},
     0,
     "",
     ""},
    {{"diff", "5", "8"},
     {{history("Diff", R"({"from":5,"to":8})"),
       reply(R"({"before":{"a.b":1},"after":{},"secrets":["a.secret"]})")}},
     1,
     "-a.b 1\n a.secret (secret)\n",
     ""},
    {{"diff", "5", "9"},
     {{history("Diff", R"({"from":5,"to":9})"),
       reply(R"({"before":{},"after":{},"secrets":["a.secret"]})")}},
     1,
     " a.secret (secret)\n",
     ""},
    {{"diff", "5", "9", "--json"},
     {{history("Diff", R"({"from":5,"to":9})"),
       reply(R"({"before":{},"after":{},"secrets":["a.secret"]})")}},
     1,
     "{\"before\":{},\"after\":{},\"secrets\":[\"a.secret\"]}\n",
     ""},
    {{"diff", "5", "a.b", "--json"},
     {{history("Diff", R"({"from":5,"prefix":"a.b"})"),
       reply(R"({"before":{},"after":{"a.b":1}})")}},
     1,
     "{\"before\":{},\"after\":{\"a.b\":1}}\n",
     ""},
    {{"rollback", "5", "a", "--confirm", "60", "-m", "back"},
     {{history("Rollback",
               R"({"revision":5,"namespace":"a","comment":"back","confirmSeconds":60})"),
       reply(R"({"revision":13,"changed":["a.b"],"deadline":"D","warnings":[{)"
             R"("severity":"warning","rule":"r","key":"a.b","message":"odd"}]})")}},
     0,
     "a.b changed\nrevision 13\nconfirm with: cfgctl confirm 13, until D\n",
     "warning: a.b: odd [r]\n"},
    {{"rollback", "5", "--soft"},
     {{history("Rollback", R"({"revision":5,"soft":true})"),
       reply(R"({"revision":13,"changed":["a.b","b.x","b.y"],"hidden":1,"hides":[{"key":"a.b",)"
             R"("origin":{"layer":"admin","path":"/e/a.yaml","revision":2}}]})")},
      {call("io.cfgd.Config.Get", R"({"keys":["a","b"]})"),
       reply(R"({"values":{"a":{"b":1}},"missing":["b"],"revision":13})")}},
     0,
     "a.b changed\nb removed, 2 values\n1 value of files hidden now: cfgctl overrides\n"
     "revision 13\n",
     ""},
    {{"rollback", "5", "--dry-run"},
     {{history("Rollback", R"({"revision":5,"dryRun":true})"),
       refused("io.cfgd.History.Invalid", R"({"issues":[{"severity":"error","rule":"r",)"
                                          R"("key":"a.b","message":"no"}]})")}},
     1,
     "",
     "cfgctl: rollback to revision 5: the change is not valid, nothing was changed\n"
     "  error: a.b: no [r]\n"},
    {{"blame", "a"},
     {{history("Blame", R"({"namespace":"a"})"),
       reply(R"({"lines":[{"key":"a.b","values":{"a.b":1},"origin":{"layer":"override","uid":4321,)"
             R"("revision":12},"time":"T","comment":"why"},{"key":"a.secret",)"
             R"("origin":{"layer":"admin","path":"/e/a.yaml","revision":2}}]})")}},
     0,
     "REVISION  TIME  ORIGIN             KEY       VALUE     COMMENT\n"
     "      12  T     override uid 4321  a.b       1         why\n"
     "       2  -     admin /e/a.yaml    a.secret  (secret)\n",
     ""},
    {{"blame", "a"},
     {{history("Blame", R"({"namespace":"a"})"),
       reply(R"({"lines":[{"key":"a.b","values":{"a.b":1},"origin":{"layer":"override",)"
             R"("revision":12}}],"damaged":[12]})")}},
     0,
     "REVISION  TIME  ORIGIN    KEY  VALUE  COMMENT\n"
     "      12  -     override  a.b  1\n",
     "cfgctl: blame: the record of revision 12 is damaged and left out; cfgctl health shows all\n"},
    {{"get", "--at", "5", "a.b"},
     {{history("GetAt", R"({"keys":["a.b"],"revision":5})"),
       reply(R"({"values":{"a.b":"x"},"missing":[]})")}},
     0,
     "x\n",
     ""},
    {{"get", "--at", "5", "a.b", "--json"},
     {{history("GetAt", R"({"keys":["a.b"],"revision":5})"),
       reply(R"({"values":{},"missing":["a.b"]})")}},
     1,
     "{\"values\":{},\"missing\":[\"a.b\"]}\n",
     "cfgctl: get a.b: there is no such key\n"},
    {{"compact", "--keep", "10"},
     {{history("Compact", R"({"keep":10})"), reply(R"({"oldest":3})")}},
     0,
     "the oldest revision that is kept is 3\n",
     ""},
    {{"export"},
     {{call_more("io.cfgd.Config.List"),
       reply(R"({"values":{"a.b":1,"a.\"c d\".e":[],"b.x":"y"},"revision":7})")}},
     0,
     "{\n  \"a\": {\n    \"b\": 1,\n    \"c d\": {\n      \"e\": []\n    }\n  },\n"
     "  \"b\": {\n    \"x\": \"y\"\n  }\n}\n",
     ""},
    {{"export", "a", "z", "--json"},
     {{call("io.cfgd.Config.Get", R"({"keys":["a","z"]})"),
       reply(R"({"values":{"a":{"b":1}},"missing":["z"],"revision":7})")}},
     1,
     "{\"a\":{\"b\":1}}\n",
     "warning: there is no namespace 'z'\n"},
    {{"export", "a", "--layer", "admin", "--json"},
     {{call("io.cfgd.Config.Get", R"({"keys":["a"]})"),
       reply(R"({"values":{"a":{"x":1,"z":1}},"missing":[],"revision":7})")},
      {call("io.cfgd.Config.Explain", R"({"key":"a"})"),
       reply(R"({"candidates":[{"origin":{"layer":"override","revision":3},)"
             R"("values":{"a":{"x":1}}},{"origin":{"layer":"admin","revision":2},)"
             R"("values":{"a":{"y":null}}},{"origin":{"layer":"admin","revision":1},)"
             R"("values":{"a":{"y":3,"z":1}}}],"secret":false,"writable":true,"revision":7})")}},
     0,
     "{\"a\":{\"y\":null,\"z\":1}}\n",
     ""},
    {{"export", "a", "--layer", "override", "--json"},
     {{call("io.cfgd.Config.Get", R"({"keys":["a"]})"),
       reply(R"({"values":{"a":{"p":1,"s":"x","t":2}},"missing":[],"revision":7})")},
      {call("io.cfgd.Config.Explain", R"({"key":"a"})"),
       reply(R"({"candidates":[{"origin":{"layer":"override","revision":3}},)"
             R"({"origin":{"layer":"admin","path":"/e","revision":1},"values":{"a":{"t":2}}}],)"
             R"("secret":false,"writable":true,"revision":7})")},
      {call("io.cfgd.Config.Explain", R"({"key":"a.p"})"),
       reply(R"({"candidates":[{"origin":{"layer":"override","revision":3},)"
             R"("values":{"a.p":1}}],"secret":false,"writable":true,"revision":7})")},
      {call("io.cfgd.Config.Explain", R"({"key":"a.s"})"),
       reply(R"({"candidates":[{"origin":{"layer":"override","revision":3}}],)"
             R"("secret":true,"writable":true,"revision":7})")},
      {call("io.cfgd.Config.Explain", R"({"key":"a.t"})"),
       reply(R"({"candidates":[{"origin":{"layer":"admin","path":"/e","revision":1},)"
             R"("values":{"a.t":2}}],"secret":false,"writable":true,"revision":7})")}},
     0,
     "{\"a\":{\"p\":1}}\n",
     "warning: a.s: secret, left out\n"},
    // A namespace whose values are all hidden is in no List.
    {{"export", "--layer", "override", "--json"},
     {{call("io.cfgd.Service.Status"),
       reply(R"({"version":"1","pid":1,"startTime":"T","status":"healthy","ready":true,)"
             R"("degraded":false,"revision":7,"namespaces":["a"],"connections":1,"watchers":0})")},
      {call("io.cfgd.Config.Get", R"({"keys":["a"]})"),
       reply(R"({"values":{"a":{}},"missing":[],"revision":7})")},
      {call("io.cfgd.Config.Explain", R"({"key":"a"})"),
       reply(R"({"candidates":[{"origin":{"layer":"override","revision":3},)"
             R"("values":{"a":{"x":null}}}],"secret":false,"writable":true,"revision":7})")}},
     0,
     "{\"a\":{\"x\":null}}\n",
     ""},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cfgctl_history, cfgctl_fixture)

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, prints_history_and_old_values,
                       boost::unit_test::data::make(talks)) {
  check(*this, sample);
}

BOOST_AUTO_TEST_SUITE_END()
