#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

// overrides, unset --all, promote.

using cfgd::test::call;
using cfgd::test::call_more;
using cfgd::test::cfgctl_fixture;
using cfgd::test::check;
using cfgd::test::exchange;
using cfgd::test::read_file;
using cfgd::test::refused;
using cfgd::test::reply;
using cfgd::test::scripted_peer;
using cfgd::test::talk;
using cfgd::test::write_file;

namespace {

std::string list(std::string_view parameters = {}) {
  return call_more("io.cfgd.Config.ListOverrides", parameters);
}

/// One override by uid 4321 that hides a value of a file.
std::string row(std::string const& key, std::string const& value) {
  return R"({"key":")" + key + R"(","values":{")" + key + R"(":)" + value +
         R"(},"origin":{"layer":"override","uid":4321,"revision":4},"hides":[{"key":")" + key +
         R"(","origin":{"layer":"admin","path":"/e/a.yaml","line":3,"revision":1},"unset":")" +
         key + R"("}],"hidden":1})";
}

std::string set(std::string_view parameters) { return call("io.cfgd.Config.Set", parameters); }

std::vector<talk> const talks{
    {{"overrides", "a"},
     {{list(R"({"prefix":"a"})"), reply(R"({"overrides":[)" + row("a.b", "1") + "]}")}},
     0,
     "KEY  VALUE  AGE  BY        REVISION  HIDES\n"
     "a.b  1        ?  uid 4321         4  admin /e/a.yaml:3\n",
     ""},
    {{"overrides", "--json"},
     {{call("io.cfgd.Config.ListOverrides"), reply(R"({"overrides":[]})")}},
     0,
     "{\"overrides\":[]}\n",
     ""},
    {{"unset", "--all", "a"},
     {{list(R"({"prefix":"a"})"),
       reply(R"({"overrides":[)" + row("a.b", "1") + ',' + row("a.c", "2") + "]}")},
      {set(R"({"unset":["a.b","a.c"]})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[]})")}},
     0,
     "a.b changed\nrevision 8\n",
     ""},
    {{"unset", "--all"},
     {{list(), reply(R"({"overrides":[]})")}},
     1,
     "",
     "cfgctl: unset --all: there are no overrides\n"},
    {{"unset", "--all", "a", "b.c"},
     {{list(R"({"prefix":"a"})"), reply(R"({"overrides":[]})")},
      {list(R"({"prefix":"b.c"})"), reply(R"({"overrides":[]})")}},
     1,
     "",
     "cfgctl: unset --all: no overrides at or below a, b.c\n"},
    {{"overrides", "a"},
     {{list(R"({"prefix":"a"})"), reply(R"({"overrides":[]})")}},
     0,
     "no overrides at or below a\n",
     ""},
    {{"overrides"}, {{list(), reply(R"({"overrides":[]})")}}, 0, "no overrides\n", ""},
    {{"set", "a.b=1"},
     {{set(R"({"values":{"a.b":1},"text":true})"),
       reply(R"({"revision":8,"changed":["a.b"],"warnings":[],"hidden":1,"hides":[{"key":"a.b",)"
             R"("origin":{"layer":"admin","path":"/e/a.yaml","line":3,"column":1,"revision":2},)"
             R"("unset":"a.b"}]})")}},
     0,
     "a.b = 1\na.b hides admin /e/a.yaml:3:1\nrevision 8\n",
     ""},
    {{"promote", "a.z"},
     {{list(R"({"prefix":"a.z"})"), reply(R"({"overrides":[]})")}},
     1,
     "",
     "cfgctl: cannot promote: a.z has no override; see cfgctl overrides\n"},
};

/// The administrator's directory, and what the service says of the files in it.
struct promotion : cfgctl_fixture {
  std::filesystem::path admin = directory / "namespaces";
  std::string main_file = "a.yaml"; ///< the administrator's
  std::string overrides = row("a.b.c", "1") + ',' + row("a.d", "\"x\"");

  promotion() { std::filesystem::create_directory(admin); }

  std::filesystem::path file(std::string const& extension) const {
    return admin / "a.d" / ("90-cfgctl" + extension);
  }

  static std::string source(std::filesystem::path const& path, std::string const& state) {
    return R"({"path":")" + path.string() + R"(","namespace":"a","layer":"admin","state":")" +
           state + R"(","message":"no","revision":1,"size":1,"watch":"inotify","kind":"values"})";
  }

  /// Up to the sources after `written` was saved, which then has this state.
  std::vector<std::pair<std::string, std::string>> calls(std::filesystem::path const& written,
                                                         std::string const& state) const {
    auto const asked = call_more("io.cfgd.Service.Sources");
    std::string const before =
        source(admin / "a.d" / "10-x.toml", "active") + ',' + source(admin / main_file, "active");
    return {{list(R"({"prefix":"a"})"), reply(R"({"overrides":[)" + overrides + "]}")},
            {asked, reply(R"({"sources":[)" + before + "]}")},
            {call("io.cfgd.Config.Sync"), reply(R"({"revision":8})")},
            {asked, reply(R"({"sources":[)" + before + ',' + source(written, state) + "]}")}};
  }

  /// Adds the comparison of the overrides at a revision.
  static void compare(std::vector<std::pair<std::string, std::string>>& to, int revision,
                      std::string const& now) {
    to.emplace_back(call("io.cfgd.Config.Sync"),
                    reply(R"({"revision":)" + std::to_string(revision) + '}'));
    to.emplace_back(list(R"({"prefix":"a"})"), reply(R"({"overrides":[)" + now + "]}"));
  }

  static std::string removal(std::filesystem::path const& written, std::string const& keys,
                             int revision) {
    return set(R"({"unset":[)" + keys + R"(],"ifRevision":)" + std::to_string(revision) +
               R"(,"comment":"promoted to )" + written.string() + R"("})");
  }

  /// The same, and the overrides are removed.
  scripted_peer::script success(std::filesystem::path const& written,
                                std::string const& keys = R"("a.b.c","a.d")") const {
    auto all = calls(written, "active");
    compare(all, 8, overrides);
    all.emplace_back(removal(written, keys, 8),
                     reply(R"({"revision":8,"changed":[],"warnings":[]})"));
    return exchange(all);
  }
};

/// The extension of the administrator's file, and the file that is written for it.
struct written_file {
  std::string main;
  std::string extension;
  std::string text;
};

std::ostream& operator<<(std::ostream& out, written_file const& what) { return out << what.main; }

std::vector<written_file> const written_files{
    {".yaml", ".yaml", "b:\n  c: 1\nd: x\n"},
    {".yml", ".yml", "b:\n  c: 1\nd: x\n"},
    {".toml", ".toml", "d = \"x\"\n\n[b]\nc = 1\n"},
    {".ini", ".ini", "d = x\n\n[b]\nc = 1\n"},
    {".env", ".env", "B__C=1\nD=x\n"},
    {".json", ".json", "{\n  \"b\": {\n    \"c\": 1\n  },\n  \"d\": \"x\"\n}\n"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cfgctl_overrides, cfgctl_fixture)

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, lists_and_removes_overrides,
                       boost::unit_test::data::make(talks)) {
  check(*this, sample);
}

BOOST_FIXTURE_TEST_CASE(unset_needs_a_key_or_all, cfgctl_fixture) {
  auto run = cfgctl({"unset"});
  BOOST_TEST(run.finish() == 2);
}

BOOST_DATA_TEST_CASE_F(promotion, promote_writes_a_drop_in_file_and_removes_the_overrides,
                       boost::unit_test::data::make(written_files)) {
  auto const written = file(sample.extension);
  main_file = "a" + sample.main;
  scripted_peer peer(path, {success(written)});

  auto run = cfgctl({"promote", "a"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err() == "");
  BOOST_TEST(run.out() ==
             "written to " + written.string() + "\nno effective value changed, revision 8\n");
  BOOST_TEST(read_file(written) == sample.text);
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(promote_writes_json_what_the_format_cannot_have, promotion) {
  main_file = "a.ini";
  overrides = row("a.list", "[1]");
  scripted_peer peer(path, {success(file(".json"), R"("a.list")")});
  std::filesystem::create_directory(admin / "a.d");
  write_file(file(".ini"), "old = 1\n");

  auto run = cfgctl({"promote", "a"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(read_file(file(".json")).find("\"list\"") != std::string::npos);
  BOOST_TEST(read_file(file(".json")).find("old") == std::string::npos);
  BOOST_TEST(read_file(file(".ini")) == "old = 1\n");
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(promote_adds_to_the_file_that_it_wrote_before, promotion) {
  scripted_peer peer(path, {success(file(".json"))});
  std::filesystem::create_directory(admin / "a.d");
  write_file(file(".json"), R"({"b":{"old":true}})");
  write_file(admin / "a.d" / "10-x.toml", "b.old = false # comment\n");

  auto run = cfgctl({"promote", "a"});

  BOOST_TEST(run.finish() == 0);
  auto text = read_file(file(".json"));
  std::erase_if(text, [](char one) { return one == ' ' || one == '\n'; });
  BOOST_TEST(text == R"({"b":{"old":true,"c":1},"d":"x"})");
  BOOST_TEST(read_file(admin / "a.d" / "10-x.toml") == "b.old = false # comment\n");
  BOOST_TEST(!std::filesystem::exists(file(".yaml")));
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(promote_prints_one_document_with_json, promotion) {
  scripted_peer peer(path, {success(file(".yaml"))});

  auto run = cfgctl({"promote", "a", "--json"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err() == "cfgctl: promote a: written to " + file(".yaml").string() + '\n');
  BOOST_TEST(run.out() ==
             R"({"promoted":[{"revision":8,"changed":[],"warnings":[],"hides":[],"file":")" +
                 file(".yaml").string() + "\"}]}\n");
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(an_override_that_was_changed_meanwhile_stays, promotion) {
  auto const written = file(".yaml");
  auto all = calls(written, "active");
  compare(all, 8, overrides);
  all.emplace_back(removal(written, R"("a.b.c","a.d")", 8),
                   refused("io.cfgd.Config.RevisionMismatch", R"({"revision":9})"));
  compare(all, 9, row("a.b.c", "2") + ',' + row("a.d", "\"x\""));
  all.emplace_back(removal(written, R"("a.d")", 9),
                   reply(R"({"revision":9,"changed":[],"warnings":[]})"));
  scripted_peer peer(path, {exchange(all)});

  auto run = cfgctl({"promote", "a", "--json"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() ==
             "cfgctl: promote a: written to " + written.string() +
                 "\ncfgctl: promote a: the override of a.b.c was changed meanwhile and stays\n");
  BOOST_TEST(run.out() ==
             R"({"promoted":[{"revision":9,"changed":[],"warnings":[],"hides":[],"file":")" +
                 written.string() + R"(","kept":["a.b.c"]}]})" + '\n');
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(nothing_is_removed_if_all_overrides_were_changed, promotion) {
  auto const written = file(".yaml");
  auto all = calls(written, "active");
  compare(all, 8, row("a.b.c", "2"));
  scripted_peer peer(path, {exchange(all)});

  auto run = cfgctl({"promote", "a"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.out() ==
             "written to " + written.string() + "\nno effective value changed, revision 8\n");
  BOOST_TEST(run.err() ==
             "cfgctl: promote a: the override of a.b.c was changed meanwhile and stays\n"
             "cfgctl: promote a: the override of a.d was changed meanwhile and stays\n");
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(an_override_stays_if_another_drop_in_file_wins, promotion) {
  auto const written = file(".yaml");
  auto const winner = (admin / "a.d" / "95-z.yaml").string();
  auto hiding = row("a.b.c", "1");
  auto const at = hiding.find("/e/a.yaml");
  BOOST_REQUIRE(at != std::string::npos);
  hiding.replace(at, std::string("/e/a.yaml").size(), winner);
  auto all = calls(written, "active");
  compare(all, 8, hiding + ',' + row("a.d", "\"x\""));
  scripted_peer peer(path, {exchange(all)});
  std::filesystem::create_directory(admin / "a.d");
  write_file(written, "d: old\n");

  auto run = cfgctl({"promote", "a"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() == "cfgctl: cannot promote a: " + winner + ":3 wins over " +
                              written.string() +
                              " for a.b.c; the old content of the latter was put back, the "
                              "override stays\n");
  BOOST_TEST(run.out() == "");
  BOOST_TEST(read_file(written) == "d: old\n");
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(a_file_that_the_service_rejects_is_put_back, promotion) {
  scripted_peer peer(path, {exchange(calls(file(".yaml"), "quarantined"))});

  auto run = cfgctl({"promote", "a"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() == "cfgctl: cannot promote a: " + file(".yaml").string() +
                              " is quarantined: no; its old content was put back, the override "
                              "stays\n");
  BOOST_TEST(!std::filesystem::exists(admin / "a.d"));
  peer.finish();
}

BOOST_AUTO_TEST_SUITE_END()
