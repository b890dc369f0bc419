#include "core/json.hpp"
#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

// --json: every command prints one document on standard output, also if it fails.

using cfgd::test::call;
using cfgd::test::call_more;
using cfgd::test::cfgctl_fixture;
using cfgd::test::check;
using cfgd::test::get;
using cfgd::test::refused;
using cfgd::test::reply;
using cfgd::test::scripted_connection;
using cfgd::test::scripted_peer;
using cfgd::test::talk;

namespace {

/// What a command does if no service answers.
enum class needs : std::uint8_t {
  service,         ///< it fails
  nothing,         ///< it prints an object
  nothing_as_list, ///< it prints an array, as cfgctl(1) says
  command,         ///< it has only subcommands, and fails
  targets,         ///< it fails without targets
};

/// How a command is called. FILE is a document, NEW a path that does not exist, TREE a directory of
/// sources.
struct way {
  std::vector<std::string> arguments = {};
  needs what = needs::service;
};

/// The exit code and the kind of the error; absent where the command does not fail.
std::optional<std::pair<int, std::string>> failure_of(needs what) {
  switch (what) {
  case needs::service:
    return std::pair(3, "unreachable");
  case needs::command:
    return std::pair(2, "usage");
  case needs::targets:
    return std::pair(1, "refused");
  case needs::nothing:
  case needs::nothing_as_list:
    break;
  }
  return std::nullopt;
}

/// Commands that take no arguments and need the service are not here.
std::map<std::string, way> const ways{
    {"adopt", {.arguments = {"FILE", "--as", "b", "--dry-run"}, .what = needs::nothing}},
    {"apply", {.arguments = {"FILE"}}},
    {"backup", {.arguments = {"NEW"}}},
    {"blame", {.arguments = {"a"}}},
    {"cache", {.what = needs::command}},
    {"call", {.arguments = {"a.b.C"}}},
    {"check", {.arguments = {"--etc", "TREE"}, .what = needs::nothing_as_list}},
    {"compact", {.arguments = {"--keep", "1", "--yes"}}},
    {"confirm", {.arguments = {"1"}}},
    {"diff", {.arguments = {"1"}}},
    {"doctor", {.what = needs::nothing}},
    {"edit", {.arguments = {"a.b"}}},
    {"env", {.arguments = {"a"}}},
    {"exec", {.arguments = {"a", "--", "true"}}},
    {"explain", {.arguments = {"a.b"}}},
    {"extend", {.arguments = {"1", "1h"}}},
    {"get", {.arguments = {"a.b"}}},
    {"help", {.what = needs::nothing}},
    {"import", {.arguments = {"FILE"}}},
    {"init", {.arguments = {"NEW"}, .what = needs::nothing_as_list}},
    {"introspect", {.arguments = {"a.b"}}},
    {"key", {.what = needs::command}},
    {"limits", {.what = needs::nothing}},
    {"promote", {.arguments = {"a"}}},
    {"render", {.arguments = {"no-such-target"}, .what = needs::targets}},
    {"restore", {.arguments = {"FILE"}}},
    {"rollback", {.arguments = {"1"}}},
    {"schema", {.arguments = {"a"}}},
    {"set", {.arguments = {"a.b=1"}}},
    {"show", {.arguments = {"1"}}},
    {"targets", {.arguments = {"no-such-target"}, .what = needs::targets}},
    {"top", {.arguments = {"--once"}}},
    {"unset", {.arguments = {"a.b"}}},
    {"version", {.what = needs::nothing}},
    {"wait", {.arguments = {"a.b"}}},
};

struct fixture : cfgctl_fixture {
  fixture() {
    std::filesystem::create_directories(directory / "tree/namespaces");
    std::ofstream(directory / "doc.json") << R"({"a":{"b":1}})";
  }

  std::string place(std::string const& word) const {
    if (word == "FILE") return directory / "doc.json";
    if (word == "NEW") return directory / "new";
    return word == "TREE" ? std::string(directory / "tree") : word;
  }

  /// All commands below `above`, from the declarations.
  void collect(std::vector<std::string> const& above,
               std::vector<std::vector<std::string>>& into) const {
    std::vector<std::string> words{"help", "--json"};
    words.insert(words.end(), above.begin(), above.end());
    auto run = cfgctl(words);
    BOOST_REQUIRE(run.finish() == 0);
    auto const help = cfgd::json::parse(run.out()).value();
    for (auto const& name : help.at("commands").as_array()) {
      auto below = above;
      below.emplace_back(name.as_string());
      into.push_back(below);
      collect(below, into);
    }
  }
};

std::string joined(std::vector<std::string> const& words) {
  std::string out;
  for (auto const& word : words)
    out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string const unknown_key = R"({"kind":"refused","message":")";

std::string found_nothing() { return reply(R"({"values":{},"missing":["a.b"],"revision":7})"); }

std::string const explain_call = call("io.cfgd.Config.Explain", R"({"key":"a.b"})");
std::string const explained =
    reply(R"({"candidates":[],"secret":false,"writable":true,"revision":7})");

std::vector<talk> const strict{
    {{"get", "a.b", "a.c", "--strict"},
     {{get(R"(["a.b","a.c"])"), reply(R"({"values":{"a.c":1},"missing":["a.b"],"revision":7})")}},
     1,
     "",
     "cfgctl: get a.b: there is no such key\n"},
    {{"get", "a.b", "a.c", "--strict"},
     {{get(R"(["a.b","a.c"])"), reply(R"({"values":{},"missing":["a.b","a.c"],"revision":7})")}},
     1,
     "",
     "cfgctl: get a.b: there is no such key\ncfgctl: get a.c: there is no such key\n"},
    {{"get", "a.c", "--strict"},
     {{get(R"(["a.c"])"), reply(R"({"values":{"a.c":1},"missing":[],"revision":7})")}},
     0,
     "1\n",
     ""},
    {{"get", "a.b", "--strict", "--json"},
     {{get(R"(["a.b"])"), found_nothing()}},
     1,
     unknown_key + "get a.b: there is no such key\",\"key\":\"a.b\"}\n",
     "cfgctl: get a.b: there is no such key\n"},
    {{"get", "a.b", "-o", "json", "--json"},
     {{get(R"(["a.b"])"), found_nothing()}},
     1,
     unknown_key + "get a.b: there is no such key\",\"key\":\"a.b\"}\n",
     "cfgctl: get a.b: there is no such key\n"},
    {{"list", "a", "--strict"},
     {{call_more("io.cfgd.Config.List", R"({"prefix":"a"})"), reply(R"({"revision":3})")}},
     1,
     "",
     "cfgctl: list a: there is no such key\n"},
    {{"list", "a", "--strict", "--json"},
     {{call_more("io.cfgd.Config.List", R"({"prefix":"a"})"), reply(R"({"revision":3})")}},
     1,
     unknown_key + "list a: there is no such key\",\"key\":\"a\"}\n",
     "cfgctl: list a: there is no such key\n"},
    {{"list", "--strict", "--json"},
     {{call_more("io.cfgd.Config.List"), reply(R"({"revision":0})")}},
     1,
     unknown_key + "list: there are no values\"}\n",
     "cfgctl: list: there are no values\n"},
    {{"explain", "a.b", "--strict", "--json"},
     {{explain_call, explained}},
     1,
     unknown_key + "explain a.b: there is no such key\",\"key\":\"a.b\"}\n",
     "cfgctl: explain a.b: there is no such key\n"},
    {{"explain", "a.b", "--json"},
     {{explain_call, explained}},
     0,
     R"({"candidates":[],"secret":false,"writable":true,"revision":7})"
     "\n",
     "cfgctl: explain a.b: there is no such key\n"},
    {{"call", "a.b.C", "--json"},
     {{call("a.b.C"), refused("a.b.Odd", R"({"key":"x"})")}},
     1,
     R"({"kind":"Odd","message":"call a.b.C: a.b.Odd {\"key\":\"x\"}","key":"x"})"
     "\n",
     "cfgctl: call a.b.C: a.b.Odd {\"key\":\"x\"}\n"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cfgctl_json, fixture)

BOOST_AUTO_TEST_CASE(every_command_prints_one_document_if_no_service_answers) {
  std::vector<std::vector<std::string>> commands;
  collect({}, commands);
  BOOST_REQUIRE(commands.size() > ways.size());
  std::set<std::string> names;

  for (auto const& command : commands) {
    std::string const name = joined(command);
    names.insert(name);
    auto const found = ways.find(name);
    way const how = found != ways.end() ? found->second : way();
    std::vector<std::string> words{"--json"};
    words.insert(words.end(), command.begin(), command.end());
    for (auto const& word : how.arguments)
      words.push_back(place(word));
    auto run = cfgctl(words);
    int const code = run.finish();
    std::filesystem::remove_all(directory / "new");

    BOOST_TEST_CONTEXT(name << ": " << run.out() << run.err()) {
      auto const document = cfgd::json::parse(run.out());
      BOOST_REQUIRE(document.has_value());
      BOOST_TEST(std::ranges::count(run.out(), '\n') == 1);
      BOOST_TEST(document->is_array() == (how.what == needs::nothing_as_list));
      auto const failure = failure_of(how.what);
      if (!failure) continue;
      BOOST_TEST(code == failure->first);
      BOOST_REQUIRE(document->is_object());
      BOOST_TEST(document->at("kind").as_string() == failure->second);
      BOOST_TEST(!document->at("message").as_string().empty());
    }
  }
  for (auto const& [name, how] : ways)
    BOOST_TEST(names.contains(name), name << " is not a command");
}

BOOST_DATA_TEST_CASE_F(fixture, what_does_not_exist_is_an_error,
                       boost::unit_test::data::make(strict)) {
  check(*this, sample);
}

BOOST_AUTO_TEST_CASE(other_formats_are_not_json) {
  auto run = cfgctl({"get", "a.b", "-o", "yaml", "--json"});

  BOOST_TEST(run.finish() == 2);
  BOOST_TEST(run.out() ==
             R"({"kind":"usage","message":"get: --json and -o yaml cannot be used together"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(help_and_version_are_objects) {
  auto help = cfgctl({"cache", "--help", "--json"});
  auto version = cfgctl({"--json", "--version"});

  BOOST_TEST(help.finish() == 0);
  auto const found = cfgd::json::parse(help.out()).value();
  BOOST_TEST(found.at("commands") == (boost::json::array{"stats", "invalidate", "warm"}));
  BOOST_TEST(found.at("help").as_string().find("Fill the cache") != std::string::npos);
  BOOST_TEST(version.finish() == 0);
  BOOST_TEST(version.out().starts_with(R"({"version":")"), version.out());
}

BOOST_AUTO_TEST_CASE(a_call_without_a_reply_prints_an_empty_object) {
  scripted_peer peer(path, {[](scripted_connection& client) {
                       client.receive();
                       client.wait_for_close();
                     }});

  auto run = cfgctl({"call", "--oneway", "a.b.C", "--json"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "{}\n");
  peer.finish();
}

BOOST_AUTO_TEST_SUITE_END()
