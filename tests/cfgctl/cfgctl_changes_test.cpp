#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using cfgd::test::call;
using cfgd::test::cfgctl_fixture;
using cfgd::test::check;
using cfgd::test::get;
using cfgd::test::refused;
using cfgd::test::reply;
using cfgd::test::talk;
using cfgd::test::write_file;

namespace {

std::string set(std::string_view parameters) { return call("io.cfgd.Config.Set", parameters); }

/// The reply to a Get of a.b.
std::string read_list(std::string const& list) {
  return reply(R"({"values":{"a.b":)" + list + R"(},"missing":[],"revision":7})");
}

std::vector<talk> const talks{
    {{"set", "a.b[0].c=1"},
     {{get(R"(["a.b"])"), read_list(R"([{"c":0}])")},
      {set(R"({"values":{"a.b":[{"c":1}]},"ifRevision":7,"text":true,)"
           R"("textElements":["a.b[0].c"]})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[]})")}},
     0,
     "a.b changed\nrevision 8\n",
     ""},
    {{"set", "a.b[3]=1"},
     {{get(R"(["a.b"])"), read_list("[1,2]")}},
     2,
     "",
     "cfgctl: set a.b[3]: 'a.b[3]' is not a valid key: 'a.b' has 2 elements and no [3]\n"},
    {{"unset", "a.b[1]"},
     {{get(R"(["a.b"])"), read_list("[1,2]")},
      {set(R"({"values":{"a.b":[1]},"ifRevision":7})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[]})")}},
     0,
     "a.b changed\nrevision 8\n",
     ""},
    {{"set", "a.b=1.10"},
     {{set(R"({"values":{"a.b":"1.10"},"text":true})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[]})")},
      {call("io.cfgd.Config.Explain", R"({"key":"a.b"})"),
       reply(R"({"candidates":[],"schema":{"type":"string"},"secret":false,)"
             R"("writable":true,"revision":8})")}},
     0,
     "a.b = \"1.10\"\nrevision 8\n",
     ""},
    {{"set", "a.b=1.10"},
     {{set(R"({"values":{"a.b":"1.10"},"text":true})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[]})")},
      {call("io.cfgd.Config.Explain", R"({"key":"a.b"})"),
       reply(R"({"candidates":[],"secret":false,"writable":true,"revision":8})")}},
     0,
     "a.b = \"1.10\"\nrevision 8\n",
     "warning: a.b: taken as a string unless its schema asks for a number, because as a number it "
     "is 1.1; --string and --json say which is meant\n"},
    {{"set", "a.b=1", "--confirm", "15m"},
     {{set(R"({"values":{"a.b":1},"confirmSeconds":900,"text":true})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[],"deadline":"D"})")}},
     0,
     "a.b = 1\nrevision 8\nconfirm with: cfgctl confirm 8, until D\n",
     ""},
    {{"set", "a.b=1", "--for", "2h", "--json"},
     {{set(R"({"values":{"a.b":1},"expireSeconds":7200})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[],"deadline":"D"})")}},
     0,
     "{\"revision\":8,\"changed\":[\"a.b\"],\"warnings\":[],\"deadline\":\"D\",\"hides\":[]}\n",
     ""},
    {{"unset", "a.b", "--for", "60", "-m", "why"},
     {{call("io.cfgd.Config.Explain", R"({"key":"a.b"})"),
       reply(R"({"candidates":[{"origin":{"layer":"override","revision":3}}],"secret":false,)"
             R"("writable":true,"revision":7})")},
      {set(R"({"unset":["a.b"],"comment":"why","expireSeconds":60})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[],"deadline":"D"})")}},
     0,
     "a.b changed\nrevision 8\nexpires at D\n",
     ""},
    {{"set", "a.b=1"},
     {{set(R"({"values":{"a.b":1},"text":true})"),
       refused("io.cfgd.Config.Invalid",
               R"({"issues":[{"severity":"error","rule":"ports","key":"a.b","message":"taken",)"
               R"("path":"/r/a.lua","line":3,"column":1}],"more":2})")}},
     1,
     "",
     "cfgctl: set a.b: the change is not valid, nothing was changed\n"
     "  /r/a.lua:3:1: error: a.b: taken [ports]\n  and 2 more\n"},
    {{"confirm", "8"},
     {{call("io.cfgd.Config.Confirm", R"({"revision":8})"), "{}"}},
     0,
     "revision 8 confirmed\n",
     ""},
    {{"confirm", "8"},
     {{call("io.cfgd.Config.Confirm", R"({"revision":8})"),
       refused("io.cfgd.Config.NoSuchPending", R"({"revision":8})")}},
     1,
     "",
     "cfgctl: confirm 8: revision 8 is not waiting for confirmation\n"
     "  'cfgctl pending' lists the pending changes\n"},
    {{"extend", "8", "1d"},
     {{call("io.cfgd.Config.Extend", R"({"revision":8,"seconds":86400})"),
       reply(R"({"deadline":"D"})")}},
     0,
     "revision 8 expires at D\n",
     ""},
    {{"pending"},
     {{call("io.cfgd.Config.ListPending"), reply(R"({"pending":[{"revision":8,"kind":"expire",)"
                                                 R"("deadline":"2001-01-01T00:00:00Z",)"
                                                 R"("keys":["a.b"]}]})")}},
     0,
     "REVISION  KIND    DEADLINE              LEFT  USER  KEYS  COMMENT\n"
     "       8  expire  2001-01-01T00:00:00Z    0s        a.b\n",
     ""},
    {{"set", "a.b=1", "--confirm", "60s", "--until-applied", "--wait"},
     {{call("io.cfgd.Config.Set", R"({"values":{"a.b":1},"confirmSeconds":60,"text":true,)"
                                  R"("untilApplied":true})"),
       reply(R"({"revision":8,"changed":[],"warnings":[]})")}},
     0,
     "no effective value changed, revision 8\n",
     ""},
    {{"wait", "8", "--consumer", "web", "--consumer", "db", "--timeout", "5"},
     {{call("io.cfgd.Config.WaitApplied", R"({"revision":8,"consumers":["web","db"],"seconds":5})"),
       reply(R"({"applied":false,"waiting":[{"name":"web","state":"absent","uid":0,)"
             R"("delivered":7,"applied":7,"since":"D"},{"name":"db","state":"watching","uid":0,)"
             R"("delivered":8,"applied":7,"since":"D","failure":{"revision":8,"message":"full",)"
             R"("time":"T"}}]})")}},
     5,
     "revision 8 is not applied:\n  web: absent since D\n"
     "  db: could not apply revision 8: full\n",
     ""},
    {{"wait", "9"},
     {{call("io.cfgd.Config.WaitApplied", R"({"revision":9})"),
       refused("io.cfgd.Config.RevisionMismatch", R"({"revision":8})")}},
     1,
     "",
     "cfgctl: wait 9: the service has not reached this revision\n"},
    {{"consumers", "--forget", "web"},
     {{call("io.cfgd.Config.ForgetConsumer", R"({"consumer":"web"})"),
       refused("io.cfgd.Config.NoSuchConsumer", R"({"consumer":"web"})")}},
     1,
     "",
     "cfgctl: consumers --forget web: there is no consumer 'web'\n"
     "  'cfgctl consumers' lists them\n"},
    {{"consumers"},
     {{call("io.cfgd.Config.Consumers"),
       reply(R"({"consumers":[{"name":"web","state":"watching","uid":4242,"pid":7,)"
             R"("prefixes":["a","b"],"delivered":8,"applied":8,"since":"D"}]})")}},
     0,
     "NAME  STATE     APPLIED  DELIVERED  USER      PID  UNIT  SINCE  PREFIXES\n"
     "web   watching        8          8  uid 4242    7  -     D      a, b\n",
     ""},
    {{"pending", "--json"},
     {{call("io.cfgd.Config.ListPending"), reply(R"({"pending":[]})")}},
     0,
     "{\"pending\":[]}\n",
     ""},
    {{"validate", "a"},
     {{call("io.cfgd.Config.Validate", R"({"namespace":"a"})"),
       reply(R"({"valid":true,"issues":[{"severity":"warning","rule":"r","key":"a.b",)"
             R"("message":"odd"}]})")}},
     0,
     "a: valid\n  warning: a.b: odd [r]\n",
     ""},
    {{"validate", "--json", "a"},
     {{call("io.cfgd.Config.Validate", R"({"namespace":"a"})"),
       reply(R"({"valid":false,"issues":[]})")}},
     1,
     "{\"valid\":false,\"issues\":[]}\n",
     ""},
    {{"validate"},
     {{call("io.cfgd.Service.Status"),
       reply(R"({"version":"1","pid":1,"startTime":"t","status":"healthy","ready":true,)"
             R"("degraded":false,"revision":5,"namespaces":["a","b"],"connections":1,)"
             R"("watchers":0})")},
      {call("io.cfgd.Config.Validate", R"({"namespace":"a"})"),
       reply(R"({"valid":true,"issues":[]})")},
      {call("io.cfgd.Config.Validate", R"({"namespace":"b"})"),
       reply(R"({"valid":false,"issues":[{"severity":"error","rule":"r","message":"no"}]})")}},
     1,
     "a: valid\nb: not valid\n  error: no [r]\n",
     ""},
    {{"edit", "end"},
     {{call("io.cfgd.Config.EndEdit"),
       reply(R"({"revision":9,"changed":["a.b"],"issues":[{"severity":"warning","rule":"r",)"
             R"("message":"odd"}]})")}},
     0,
     "a.b changed\nrevision 9\n",
     "warning: odd [r]\n"},
    {{"edit", "end"},
     {{call("io.cfgd.Config.EndEdit"),
       reply(R"({"revision":8,"changed":[],"issues":[{"severity":"error","rule":"parse",)"
             R"("message":"no","path":"/e/a.yaml","line":1}]})")}},
     1,
     "no effective value changed, revision 8\n",
     "/e/a.yaml:1: error: no [parse]\n"},
};

/// A document in a file, and the talk about it.
struct document_talk {
  std::string name;
  std::string text;
  talk about; ///< its arguments get the path behind them
};

std::ostream& operator<<(std::ostream& out, document_talk const& what) {
  return out << what.about << ' ' << what.text;
}

std::string got(std::string_view values, std::string_view revision = "7") {
  return reply(R"({"values":)" + std::string(values) + R"(,"missing":[],"revision":)" +
               std::string(revision) + "}");
}

std::string const explained =
    reply(R"({"candidates":[{"origin":{"layer":"override","revision":3},)"
          R"("values":{"a":{"x":1,"y":2}}},{"origin":{"layer":"admin","revision":1},)"
          R"("values":{"a":{"y":3}}}],"secret":false,"writable":true,"revision":7})");

std::vector<document_talk> const documents{
    {"doc.json",
     R"({"a":{"b":1,"c":"x"},"n":{"o":[]}})",
     {{"apply", "-m", "why"},
      {{get(R"(["a","n"])"), got(R"({"a":{"b":1,"c":"y"}})")},
       {set(R"({"values":{"a.c":"x","n.o":[]},"ifRevision":7,"comment":"why"})"),
        reply(R"({"revision":8,"changed":["a.c","n.o"],"warnings":[]})")}},
      0,
      "a.c = \"x\"\nn.o = []\nrevision 8\n",
      ""}},
    {"doc.json",
     R"({"a":{"b":1}})",
     {{"apply"},
      {{get(R"(["a"])"), got(R"({"a":{"b":1}})")}},
      0,
      "nothing to do, revision 7\n",
      ""}},
    {"doc.json",
     R"({"a":{"x":1}})",
     {{"apply", "--prune", "--confirm", "60"},
      {{get(R"(["a"])"), got(R"({"a":{"x":1,"y":2}})")},
       {call("io.cfgd.Config.Explain", R"({"key":"a"})"), explained},
       {set(R"({"unset":["a.y"],"ifRevision":7,"confirmSeconds":60})"),
        reply(R"({"revision":8,"changed":["a.y"],"warnings":[],"deadline":"D"})")}},
      0,
      "a.y = 3\nrevision 8\nconfirm with: cfgctl confirm 8, until D\n",
      ""}},
    {"doc.json",
     R"({"a":{"b":2}})",
     {{"apply"},
      {{get(R"(["a"])"), got(R"({"a":{"b":1}})")},
       {set(R"({"values":{"a.b":2},"ifRevision":7})"),
        refused("io.cfgd.Config.RevisionMismatch", R"({"revision":8})")},
       {get(R"(["a"])"), got(R"({"a":{"b":3}})", "8")},
       {set(R"({"values":{"a.b":2},"ifRevision":8})"),
        reply(R"({"revision":9,"changed":["a.b"],"warnings":[]})")}},
      0,
      "a.b = 2\nrevision 9\n",
      ""}},
    {"doc.json",
     R"({"a":{"b":2}})",
     {{"apply", "--if-revision", "6"},
      {{get(R"(["a"])"), got(R"({"a":{"b":1}})")},
       {set(R"({"values":{"a.b":2},"ifRevision":6})"),
        refused("io.cfgd.Config.RevisionMismatch", R"({"revision":7})")}},
      1,
      "",
      "cfgctl: apply FILE: the service is at revision 7\n"
      "  read the values again, then repeat the change with --if-revision 7\n"}},
    {"doc.jsonc",
     "{\"a\":{\"b\":2}, // why\n}",
     {{"diff"},
      {{get(R"(["a"])"), got(R"({"a":{"b":1}})")},
       {set(R"({"values":{"a.b":2},"ifRevision":7,"dryRun":true})"),
        reply(R"({"revision":7,"changed":["a.b"],"warnings":[]})")}},
      1,
      "-a.b 1\n+a.b 2\n",
      ""}},
    {"doc.json",
     R"({"a":{"b":1}})",
     {{"diff"}, {{get(R"(["a"])"), got(R"({"a":{"b":1}})")}}, 0, "", ""}},
    {"site.json",
     R"({"b":1})",
     {{"import", "--dry-run"},
      {{set(R"({"values":{"site":{"b":1}},"dryRun":true})"),
        reply(R"({"revision":7,"changed":["site.b"],"warnings":[]})")}},
      0,
      "site.b changed\ndry run, nothing was written\n",
      ""}},
};

/// A document that is refused before anything is sent, and what is said.
struct bad_document {
  std::string name;
  std::string text;
  std::string err;
};

std::ostream& operator<<(std::ostream& out, bad_document const& what) { return out << what.text; }

std::vector<bad_document> const bad_documents{
    {"doc.json", "{\"a\":{\n \"b\":}}", "FILE:2:6: "},
    {"doc.json", "[1]", "FILE: a document must be an object"},
    {"doc.json", R"({"a":1})", "FILE: the namespace 'a' is not an object"},
    {"doc.json", R"({"A":{}})", "FILE: 'A' is not a valid namespace name"},
    {"doc.json", R"({"a":{"b":{"c":null}}})",
     "FILE: /a/b/c is empty (null); remove it or write []"},
    {"doc.xml", "<a/>", "FILE: unknown format: use .json, "},
};

std::string with_name(std::string text, std::string const& path) {
  if (auto const at = text.find("FILE"); at != std::string::npos) text.replace(at, 4, path);
  return text;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cfgctl_changes, cfgctl_fixture)

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, changes_and_pending_changes,
                       boost::unit_test::data::make(talks)) {
  check(*this, sample);
}

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, documents_become_transactions,
                       boost::unit_test::data::make(documents)) {
  std::string const file = directory / sample.name;
  write_file(file, sample.text);
  talk about = sample.about;
  about.arguments.push_back(file);
  about.err = with_name(about.err, file);

  check(*this, about);
}

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, bad_documents_are_refused_with_their_place,
                       boost::unit_test::data::make(bad_documents)) {
  std::string const file = directory / sample.name;
  write_file(file, sample.text);

  auto run = cfgctl({"apply", file});

  BOOST_TEST(run.finish() == 2);
  BOOST_TEST(run.err().starts_with(with_name("cfgctl: " + sample.err, file)), run.err());
}

BOOST_AUTO_TEST_CASE(a_document_is_validated_without_being_set) {
  std::string const file = directory / "x.json";
  write_file(file, R"({"b":null})");

  check(*this, {{"validate", "a", file},
                {{call("io.cfgd.Config.Validate", R"({"namespace":"a","document":{"b":null}})"),
                  reply(R"({"valid":true,"issues":[]})")}},
                0,
                "a: valid\n",
                ""});
}

BOOST_AUTO_TEST_CASE(durations_are_checked_before_anything_is_sent) {
  for (std::vector<std::string> const& arguments :
       {std::vector<std::string>{"set", "a.b=1", "--confirm", "0"},
        {"set", "a.b=1", "--confirm", "1h", "--for", "1h"},
        {"set", "a.b=1", "--for", "soon"},
        {"extend", "5", "x"},
        {"edit"},
        {"edit", "begin", "--time", "x"},
        {"diff", "x.json", "y.json"},
        {"diff", "5", "--prune"},
        {"compact", "--keep", "-1"},
        {"export", "--format", "xml"}}) {
    auto run = cfgctl(arguments);

    BOOST_TEST(run.finish() == 2, arguments.at(0) << ": " << run.err());
  }
}

BOOST_AUTO_TEST_SUITE_END()
