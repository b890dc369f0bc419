#include "tests/client/cfgctl_talk.hpp"

#include <chrono>
#include <filesystem>
#include <future>
#include <stdexcept>

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

  std::vector<std::filesystem::path> kept() const {
    std::vector<std::filesystem::path> out;
    for (auto const& entry : std::filesystem::directory_iterator(scratch))
      out.push_back(entry.path());
    return out;
  }
};

std::string const get = call("io.cfgd.Config.Get", R"({"keys":["a.b"]})");
std::string const old = reply(R"({"values":{"a.b":{"x":1}},"missing":[],"revision":7})");

std::string set(std::string_view value) {
  return call("io.cfgd.Config.Set",
              R"({"values":{"a.b":)" + std::string(value) + R"(},"ifRevision":7})");
}

std::string const begin = call_more("io.cfgd.Config.BeginEdit");
std::string const begun = R"({"parameters":{"deadline":"D"},"continues":true})";
std::string const ended = R"({"parameters":{"revision":9,"changed":["a.b"],"issues":[]}})";

void expect(scripted_connection& client, std::string const& wanted) {
  std::string const came = client.receive();
  if (came != wanted) throw std::runtime_error("unexpected call: " + came);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cfgctl_edit, fixture)

BOOST_AUTO_TEST_CASE(a_value_is_set_as_the_editor_left_it) {
  scripted_peer peer(path,
                     {exchange({{get, old}}),
                      exchange({{set(R"({"x":2})"),
                                 reply(R"({"revision":8,"changed":["a.b.x"],"warnings":[]})")}})});

  auto run = edit("stat -c %a \"$1\"; cat \"$1\"; echo '{\"x\": 2}' > \"$1\"");

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "600\n{\n  \"x\": 1\n}\na.b.x changed\nrevision 8\n");
  BOOST_TEST(run.err() == "");
  BOOST_TEST(kept().empty());
}

BOOST_AUTO_TEST_CASE(an_unchanged_value_is_not_set) {
  scripted_peer peer(path, {exchange({{get, old}})});

  auto run = edit("echo '{\"x\":1}' > \"$1\"");

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "unchanged\n");
  BOOST_TEST(kept().empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_json_is_told_with_its_place_and_kept) {
  scripted_peer peer(path, {exchange({{get, old}})});

  auto run = edit("printf '{\\n \"x\":}' > \"$1\"");

  BOOST_TEST(run.finish() == 1);
  BOOST_REQUIRE(kept().size() == 1U);
  std::string const file = kept().front();
  BOOST_TEST(run.err().starts_with("cfgctl: " + file + ":2:6: "), run.err());
  BOOST_TEST(run.err().ends_with("cfgctl: your text is kept in " + file + '\n'), run.err());
  BOOST_TEST(read_file(file) == "{\n \"x\":}");
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_kept) {
  scripted_peer peer(
      path,
      {exchange({{get, old}}),
       exchange({{set("3"), refused("io.cfgd.Config.RevisionMismatch", R"({"revision":8})")}})});

  auto run = edit("echo 3 > \"$1\"");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err().starts_with("cfgctl: edit a.b: the service has moved on to revision 8\n"));
  BOOST_REQUIRE(kept().size() == 1U);
  BOOST_TEST(read_file(kept().front()) == "3\n");
}

BOOST_AUTO_TEST_CASE(an_editor_that_fails_changes_nothing) {
  scripted_peer peer(path, {exchange({{get, old}})});

  auto run = edit("echo 3 > \"$1\"; exit 5");

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err().starts_with("cfgctl: edit a.b: the editor ended with 5\n"), run.err());
  BOOST_TEST(kept().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_namespace_called_begin_is_named_behind_two_dashes) {
  scripted_peer peer(path, {exchange({{call("io.cfgd.Config.Get", R"({"keys":["begin"]})"),
                                       reply(R"({"values":{"begin":{}},"missing":[],)"
                                             R"("revision":7})")}})});

  auto run = edit("exit 0", {"edit", "--", "begin"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "unchanged\n");
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
  BOOST_TEST(run.out() ==
             "files that are saved are held back until 'cfgctl edit end', or until D\n");
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

BOOST_AUTO_TEST_CASE(an_edit_in_the_foreground_tells_what_came_of_it) {
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

BOOST_AUTO_TEST_CASE(a_refused_beginning_is_told) {
  scripted_peer peer(path, {exchange({{begin, refused("io.cfgd.Config.EditInProgress",
                                                      R"({"uid":7,"deadline":"D"})")}})});

  auto run = cfgctl({"edit", "begin"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err().starts_with("cfgctl: edit begin: uid 7 edits already, until D\n"));
}

BOOST_AUTO_TEST_SUITE_END()
