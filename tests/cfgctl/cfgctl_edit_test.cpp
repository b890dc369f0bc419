#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <chrono>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <utility>

using cfgd::test::call;
using cfgd::test::call_more;
using cfgd::test::cfgctl_fixture;
using cfgd::test::exchange;
using cfgd::test::read_file;
using cfgd::test::refused;
using cfgd::test::reply;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;
using cfgd::test::write_file;

namespace {

/// An editor is a shell script that gets the file as "$1".
struct fixture : cfgctl_fixture {
  std::filesystem::path scratch = directory / "scratch";

  fixture() { std::filesystem::create_directory(scratch); }

  cfgd::test::program_run edit(std::string const& script,
                               std::vector<std::string> const& arguments = {"edit", "a.b"}) const {
    std::string const editor = directory / "editor";
    write_file(editor, script);
    return cfgctl(arguments,
                  {"VISUAL=/bin/sh " + editor, "TMPDIR=" + scratch.string(), "PATH=/usr/bin:/bin"});
  }

  /// All that is left, without directories.
  std::vector<std::filesystem::path> kept() const {
    std::vector<std::filesystem::path> out;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(scratch))
      if (!entry.is_directory()) out.push_back(entry.path());
    return out;
  }
};

std::string const get = call("io.cfgd.Config.Get", R"({"keys":["a.b"]})");
std::string const old = reply(R"({"values":{"a.b":{"x":1}},"missing":[],"revision":7})");

/// Whether the user may change a key.
std::pair<std::string, std::string> writable(std::string_view key, std::string_view may = "true") {
  return {call("io.cfgd.Config.Explain", R"({"key":")" + std::string(key) + R"("})"),
          reply(R"({"candidates":[],"secret":false,"writable":)" + std::string(may) +
                R"(,"revision":7})")};
}

std::string const nothing = reply(R"({"values":{},"missing":["a.b"],"revision":7})");
/// A schema has the key a.b.
std::pair<std::string, std::string> const in_schema{
    call("io.cfgd.Config.Explain", R"({"key":"a.b"})"),
    reply(R"({"candidates":[],"schema":{},"secret":false,"writable":true,"revision":7})")};

/// `changes` are members of the parameters.
std::string set(std::string_view changes) {
  return call("io.cfgd.Config.Set", '{' + std::string(changes) + R"(,"ifRevision":7})");
}

/// The namespace "a" as it is before an edit.
std::pair<std::string, std::string> read_a(std::string_view value) {
  return {call("io.cfgd.Config.Get", R"({"keys":["a"]})"),
          reply(R"({"values":{"a":)" + std::string(value) + R"(},"missing":[],"revision":7})")};
}

/// The explanation of a key: `candidates` is an array; each has its value by the key.
std::pair<std::string, std::string> explain(std::string_view key, std::string_view candidates) {
  return {call("io.cfgd.Config.Explain", R"({"key":")" + std::string(key) + R"("})"),
          reply(R"({"candidates":)" + std::string(candidates) +
                R"(,"secret":false,"writable":true,"revision":7})")};
}

std::string by_override(std::string_view value) {
  return R"({"origin":{"layer":"override","revision":3},"values":)" + std::string(value) + '}';
}

std::string by_file(std::string_view value) {
  return R"({"origin":{"layer":"admin","path":"/c/a.yaml","line":2,"revision":1},"values":)" +
         std::string(value) + '}';
}

std::string list(std::string const& one) { return '[' + one + ']'; }
std::string list(std::string const& first, std::string const& second) {
  return '[' + first + ',' + second + ']';
}

std::string committed(std::string_view changed) {
  return reply(R"({"revision":8,"changed":)" + std::string(changed) + R"(,"warnings":[]})");
}

std::string const begin = call_more("io.cfgd.Config.BeginEdit");
std::string const begun = R"({"parameters":{"deadline":"D"},"continues":true})";
std::string const ended = R"({"parameters":{"revision":9,"changed":["a.b"],"issues":[]}})";

/// What an editor makes of the namespace "a", and what comes of it.
struct edited {
  std::string what;
  std::string before;
  std::string after;
  std::vector<std::pair<std::string, std::string>> calls; ///< when the editor has ended
  bool is_set;
  std::string out;
  std::string err; ///< without what it begins with, and without the note on the text that is kept
};

std::ostream& operator<<(std::ostream& out, edited const& what) { return out << what.what; }

std::vector<edited> const edits{
    {"only what was changed is set",
     R"({"b":1,"c":{"d":2,"e":[3]},"f":{}})",
     R"({"c":{"e":[3],"d":4},"f":{"g":5},"b":1})",
     {{set(R"("values":{"a.c.d":4,"a.f.g":5})"), committed(R"(["a.c.d","a.f.g"])")}},
     true,
     "a.c.d = 4\na.f.g = 5\nrevision 8\n",
     ""},
    {"an override that was removed is unset",
     R"({"b":1,"c":{"d":2}})",
     R"({"b":3})",
     {explain("a.c", list(by_override(R"({"a.c":{"d":2}})"))),
      {set(R"("values":{"a.b":3},"unset":["a.c"])"), committed(R"(["a.b","a.c.d"])")}},
     true,
     "a.b = 3\na.c.d changed\nrevision 8\n",
     ""},
    {"the value that shows again without the override is reported",
     R"({"b":1})",
     "{}",
     {explain("a.b", list(by_override(R"({"a.b":1})"), by_file(R"({"a.b":5})"))),
      {set(R"("unset":["a.b"])"), committed(R"(["a.b"])")}},
     true,
     "a.b changed\nrevision 8\n",
     "the override of 'a.b' was removed; it is set in /c/a.yaml:2"},
    {"what a file sets cannot be removed",
     R"({"b":1,"c":2})",
     R"({"c":3})",
     {explain("a.b", list(by_file(R"({"a.b":1})")))},
     false,
     "",
     "'a.b' is set in /c/a.yaml:2; cfgctl edit cannot remove what a file sets"},
    {"members of a removed object are examined one by one",
     R"({"b":{"x":1,"y":2}})",
     "{}",
     {explain("a.b", list(by_override(R"({"a.b":{"x":1}})"), by_file(R"({"a.b":{"y":2}})"))),
      explain("a.b.x", list(by_override(R"({"a.b.x":1})"))),
      explain("a.b.y", list(by_file(R"({"a.b.y":2})")))},
     false,
     "",
     "'a.b.y' is set in /c/a.yaml:2; cfgctl edit cannot remove what a file sets"},
    {"what a layer without a file sets cannot be removed",
     R"({"b":1})",
     "{}",
     {explain("a.b", R"([{"origin":{"layer":"environment","revision":1},"values":{"a.b":1}}])")},
     false,
     "",
     "'a.b' is set by the layer 'environment'; cfgctl edit cannot remove what that layer sets"},
};

void expect(scripted_connection& client, std::string const& wanted) {
  std::string const came = client.receive();
  if (came != wanted) throw std::runtime_error("unexpected call: " + came);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cfgctl_edit, fixture)

BOOST_AUTO_TEST_CASE(a_value_is_set_as_the_editor_left_it) {
  scripted_peer peer(path,
                     {exchange({{get, old}, writable("a.b")}),
                      exchange({{set(R"("values":{"a.b.x":2})"), committed(R"(["a.b.x"])")}})});

  auto run = edit("stat -c %a \"$1\"; cat \"$1\"; echo '{\"x\": 2}' > \"$1\"");

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "600\n{\n  \"x\": 1\n}\na.b.x = 2\nrevision 8\n");
  BOOST_TEST(run.err() == "");
  BOOST_TEST(kept().empty());
}

BOOST_AUTO_TEST_CASE(a_read_only_value_need_not_be_edited) {
  auto const answer = writable("a.b", R"(false,"readOnly":true)");
  scripted_peer peer(path, {exchange({{get, old}, answer})});

  auto run = edit("echo edited");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() == "cfgctl: edit a.b: it is read-only: the schema leaves it to files\n");
}

BOOST_AUTO_TEST_CASE(who_may_not_change_a_value_need_not_edit_it) {
  scripted_peer peer(path, {exchange({{get, old}, writable("a.b", "false")})});

  auto run = edit("echo edited");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.out() == "");
  BOOST_TEST(run.err().starts_with("cfgctl: edit a.b: you may not change it (you are uid "),
             run.err());
}

BOOST_AUTO_TEST_CASE(an_object_is_edited_as_yaml) {
  scripted_peer peer(path,
                     {exchange({{get, old}, writable("a.b")}),
                      exchange({{set(R"("values":{"a.b.x":2})"), committed(R"(["a.b.x"])")}})});

  auto run = edit("cat \"$1\"; echo 'x: 2 # more' > \"$1\"; touch \"$1~\"",
                  {"edit", "a.b", "--format", "yaml"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "x: 1\na.b.x = 2\nrevision 8\n");
  BOOST_TEST(std::filesystem::is_empty(scratch)); // also what the editor left
}

BOOST_AUTO_TEST_CASE(an_editor_that_fails_before_anything_was_changed_leaves_nothing) {
  scripted_peer peer(path, {exchange({{get, old}, writable("a.b")})});

  auto run = edit("exit 5");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() == "cfgctl: edit a.b: the editor ended with 5\n");
  BOOST_TEST(std::filesystem::is_empty(scratch));
}

BOOST_AUTO_TEST_CASE(an_unchanged_value_is_not_set) {
  scripted_peer peer(path, {exchange({{get, old}, writable("a.b")})});

  auto run = edit("echo '{\"x\":1}' > \"$1\"");

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "unchanged\n");
  BOOST_TEST(kept().empty());
}

BOOST_AUTO_TEST_CASE(invalid_json_is_reported_with_its_place_and_kept) {
  scripted_peer peer(path, {exchange({{get, old}, writable("a.b")})});

  auto run = edit("printf '{\\n \"x\":}' > \"$1\"");

  BOOST_TEST(run.finish() == 2);
  BOOST_REQUIRE(kept().size() == 1U);
  std::string const file = kept().front();
  BOOST_TEST(run.err().starts_with("cfgctl: " + file + ":2:6: "), run.err());
  BOOST_TEST(run.err().ends_with("cfgctl: your text is kept in " + file + '\n'), run.err());
  BOOST_TEST(read_file(file) == "{\n \"x\":}");
}

BOOST_AUTO_TEST_CASE(with_json_a_failed_edit_is_one_object) {
  std::vector<scripted_peer::script> scripts(2, exchange({{get, old}, writable("a.b")}));
  scripts.push_back(exchange(
      {{set(R"("values":{"a.b":3})"), refused("io.cfgd.Config.ReadOnly", R"({"key":"a.b"})")}}));
  scripted_peer peer(path, scripts);

  auto broken = edit("printf '{' > \"$1\"", {"edit", "a.b", "--json"});
  BOOST_TEST(broken.finish() == 2);
  auto rejected = edit("echo 3 > \"$1\"", {"edit", "a.b", "--json"});
  BOOST_TEST(rejected.finish() == 1);

  BOOST_TEST(broken.out().starts_with(R"({"kind":"usage","message":")"), broken.out());
  BOOST_TEST(broken.out().ends_with("\"}\n"), broken.out());
  BOOST_TEST(rejected.out() ==
             R"({"kind":"ReadOnly","message":"edit a.b: 'a.b' is read-only","key":"a.b"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_kept) {
  scripted_peer peer(
      path, {exchange({{get, old}, writable("a.b")}),
             exchange({{set(R"("values":{"a.b":3})"),
                        refused("io.cfgd.Config.RevisionMismatch", R"({"revision":8})")}})});

  auto run = edit("echo 3 > \"$1\"");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err().starts_with("cfgctl: edit a.b: the service is at revision 8\n"));
  BOOST_REQUIRE(kept().size() == 1U);
  BOOST_TEST(read_file(kept().front()) == "3\n");
}

BOOST_DATA_TEST_CASE_F(fixture, what_the_user_changed_is_set_or_removed,
                       boost::unit_test::data::make(edits)) {
  scripted_peer peer(path,
                     {exchange({read_a(sample.before), writable("a")}), exchange(sample.calls)});

  auto run = edit("echo '" + sample.after + "' > \"$1\"", {"edit", "a"});

  BOOST_TEST(run.finish() == (sample.is_set ? 0 : 1));
  BOOST_TEST(run.out() == sample.out);
  std::string err = sample.err.empty() ? "" : "cfgctl: edit a: " + sample.err + '\n';
  BOOST_REQUIRE(kept().size() == (sample.is_set ? 0U : 1U));
  if (!sample.is_set) {
    err += "cfgctl: your text is kept in " + kept().front().string() + '\n';
    BOOST_TEST(read_file(kept().front()) == sample.after + '\n');
  }
  BOOST_TEST(run.err() == err);
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_there_yet_is_set) {
  scripted_peer peer(path, {exchange({{get, nothing}, in_schema}),
                            exchange({{set(R"("values":{"a.b":{}})"), committed(R"(["a.b"])")}})});

  auto run = edit("echo '{}' > \"$1\"");

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "a.b = {}\nrevision 8\n");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_there_yet_may_stay_away) {
  scripted_peer peer(path, {exchange({{get, nothing}, in_schema})});

  auto run = edit("cat \"$1\"");

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "null\nunchanged\n");
  BOOST_TEST(kept().empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_does_not_exist_is_not_edited) {
  std::pair<std::string, std::string> const status{
      call("io.cfgd.Service.Status"),
      reply(R"({"version":"1","pid":1,"startTime":"t","status":"healthy","ready":true,)"
            R"("degraded":false,"revision":5,"namespaces":["a"],"connections":1,"watchers":0})")};
  std::pair<std::string, std::string> const values{
      call_more("io.cfgd.Config.List", R"({"prefix":"a"})"),
      reply(R"({"values":{"a.bb":1},"revision":7})")};
  scripted_peer peer(path,
                     {exchange({{get, nothing}, writable("a.b")}), exchange({status, values})});

  auto run = edit("echo edited");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.out() == "");
  BOOST_TEST(run.err() == "cfgctl: edit a.b: there is no such key (did you mean 'a.bb'?)\n");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_null_inside_is_reported_and_kept) {
  scripted_peer peer(path, {exchange({{get, old}, writable("a.b")})});

  auto run = edit("echo '{\"x\":null}' > \"$1\"");

  BOOST_TEST(run.finish() == 2);
  BOOST_REQUIRE(kept().size() == 1U);
  std::string const file = kept().front();
  BOOST_TEST(run.err().find("/x is empty (null); remove it or write []") != std::string::npos,
             run.err());
  BOOST_TEST(run.err().ends_with("cfgctl: your text is kept in " + file + '\n'), run.err());
}

BOOST_AUTO_TEST_CASE(an_editor_that_fails_changes_nothing) {
  scripted_peer peer(path, {exchange({{get, old}, writable("a.b")})});

  auto run = edit("echo 3 > \"$1\"; exit 5");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err().starts_with("cfgctl: edit a.b: the editor ended with 5\n"), run.err());
  BOOST_TEST(kept().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_namespace_called_begin_is_named_behind_two_dashes) {
  scripted_peer peer(path, {exchange({{call("io.cfgd.Config.Get", R"({"keys":["begin"]})"),
                                       reply(R"({"values":{"begin":{}},"missing":[],)"
                                             R"("revision":7})")},
                                      writable("begin")})});

  auto run = edit("exit 0", {"edit", "--", "begin"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "unchanged\n");
}

BOOST_AUTO_TEST_CASE(what_fails_for_a_namespace_called_begin_is_not_edit_begin) {
  scripted_peer peer(path, {exchange({{call("io.cfgd.Config.Get", R"({"keys":["begin"]})"),
                                       reply(R"({"values":{"begin":{}},"missing":[],)"
                                             R"("revision":7})")},
                                      writable("begin")})});

  auto run = edit("exit 5", {"edit", "--", "begin"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() == "cfgctl: edit -- begin: the editor ended with 5\n");
}

BOOST_AUTO_TEST_CASE(an_edit_goes_on_in_the_background_until_the_service_ends_it) {
  std::promise<void> returned;
  auto const went_on = returned.get_future();
  scripted_peer peer(path, {[&](scripted_connection& client) {
                       expect(client, begin);
                       client.send(begun);
                       went_on.wait_for(std::chrono::seconds(20));
                       client.send(ended); // throws if nobody holds the other end
                       client.wait_for_close();
                     }});

  auto run = cfgctl({"edit", "begin"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "saved files take effect together at 'cfgctl edit end', or at D\n");
  BOOST_TEST(peer.played() == 0U);
  returned.set_value();
  peer.finish();
}

BOOST_AUTO_TEST_CASE(an_edit_lasts_as_long_as_its_command) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                              expect(client, begin);
                              client.send(begun);
                              client.send(ended);
                            },
                            exchange({{call("io.cfgd.Config.EndEdit"),
                                       reply(R"({"revision":9,"changed":[],"issues":[]})")}})});

  auto run =
      cfgctl({"edit", "begin", "--", "sh", "-c", "echo working; exit 3"}, {"PATH=/usr/bin:/bin"});

  BOOST_TEST(run.finish() == 3);
  BOOST_TEST(run.out() == "working\na.b changed\nrevision 9\n");
  BOOST_TEST(run.err() == "cfgctl: 'sh' ended with 3\n");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(an_edit_in_the_foreground_prints_its_outcome) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       expect(client, call_more("io.cfgd.Config.BeginEdit", R"({"seconds":60})"));
                       client.send(begun);
                       client.send(ended);
                       client.wait_for_close();
                     }});

  auto run = cfgctl({"edit", "begin", "--foreground", "--time", "1m"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out().ends_with("a.b changed\nrevision 9\n"), run.out());
  peer.finish();
}

BOOST_AUTO_TEST_CASE(a_rejected_beginning_is_reported) {
  scripted_peer peer(path, {exchange({{begin, refused("io.cfgd.Config.EditInProgress",
                                                      R"({"uid":4321,"deadline":"D"})")}})});

  auto run = cfgctl({"edit", "begin"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err().starts_with(
      "cfgctl: edit begin: another edit is in progress, by uid 4321 until D\n"));
}

BOOST_AUTO_TEST_SUITE_END()
