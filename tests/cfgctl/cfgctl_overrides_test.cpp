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
using cfgd::test::reply;
using cfgd::test::scripted_peer;
using cfgd::test::talk;
using cfgd::test::write_file;

namespace {

std::string list(std::string_view parameters = {}) {
  return call_more("io.cfgd.Config.ListOverrides", parameters);
}

/// One override by uid 7 that hides a value of a file.
std::string row(std::string const& key, std::string const& value) {
  return R"({"key":")" + key + R"(","values":{")" + key + R"(":)" + value +
         R"(},"origin":{"layer":"override","uid":7,"revision":4},"hides":[{"key":")" + key +
         R"(","origin":{"layer":"admin","path":"/e/a.yaml","line":3,"revision":1},"unset":")" +
         key + R"("}],"hidden":1})";
}

std::string set(std::string_view parameters) { return call("io.cfgd.Config.Set", parameters); }

std::vector<talk> const talks{
    {{"overrides", "a"},
     {{list(R"({"prefix":"a"})"), reply(R"({"overrides":[)" + row("a.b", "1") + "]}")}},
     0,
     "KEY  VALUE  AGE  BY     REVISION  HIDES\n"
     "a.b  1        ?  uid 7         4  admin /e/a.yaml:3\n",
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
  std::filesystem::path file = admin / "a.d" / "90-cfgctl.json";

  promotion() { std::filesystem::create_directory(admin); }

  static std::string source(std::filesystem::path const& path, std::string const& state) {
    return R"({"path":")" + path.string() + R"(","namespace":"a","layer":"admin","state":")" +
           state + R"(","message":"no","revision":1,"size":1,"watch":"inotify","kind":"values"})";
  }
  std::string sources(std::string const& state) const {
    std::string all = source(admin / "a.yaml", "active");
    if (!state.empty()) all += ',' + source(file, state);
    return reply(R"({"sources":[)" + all + "]}");
  }
  /// Up to the sources after the file was saved.
  std::vector<std::pair<std::string, std::string>> calls(std::string const& state) const {
    auto const asked = call_more("io.cfgd.Service.Sources");
    return {{list(R"({"prefix":"a"})"),
             reply(R"({"overrides":[)" + row("a.b.c", "1") + ',' + row("a.d", "\"x\"") + "]}")},
            {asked, sources("")},
            {call("io.cfgd.Config.Sync"), reply(R"({"revision":8})")},
            {asked, sources(state)}};
  }
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

BOOST_FIXTURE_TEST_CASE(promote_writes_a_drop_in_file_and_removes_the_overrides, promotion) {
  auto all = calls("active");
  all.emplace_back(
      set(R"({"unset":["a.b.c","a.d"],"comment":"promoted to )" + file.string() + R"("})"),
      reply(R"({"revision":8,"changed":[],"warnings":[]})"));
  scripted_peer peer(path, {exchange(all)});
  std::filesystem::create_directory(admin / "a.d");
  write_file(file, R"({"b":{"old":true}})");

  auto run = cfgctl({"promote", "a"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err() == "");
  BOOST_TEST(run.out().starts_with("written to " + file.string() + "\n"), run.out());
  auto text = read_file(file);
  std::erase_if(text, [](char one) { return one == ' ' || one == '\n'; });
  BOOST_TEST(text == R"({"b":{"old":true,"c":1},"d":"x"})");
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(promote_prints_one_document_with_json, promotion) {
  auto all = calls("active");
  all.emplace_back(
      set(R"({"unset":["a.b.c","a.d"],"comment":"promoted to )" + file.string() + R"("})"),
      reply(R"({"revision":8,"changed":[],"warnings":[]})"));
  scripted_peer peer(path, {exchange(all)});

  auto run = cfgctl({"promote", "a", "--json"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.err() == "cfgctl: promote a: written to " + file.string() + '\n');
  BOOST_TEST(run.out() ==
             R"({"promoted":[{"revision":8,"changed":[],"warnings":[],"hides":[],"file":")" +
                 file.string() + "\"}]}\n");
  peer.finish();
}

BOOST_FIXTURE_TEST_CASE(a_file_that_the_service_rejects_is_put_back, promotion) {
  scripted_peer peer(path, {exchange(calls("quarantined"))});

  auto run = cfgctl({"promote", "a"});

  BOOST_TEST(run.finish() == 1);
  BOOST_TEST(run.err() == "cfgctl: cannot promote a: " + file.string() +
                              " is quarantined: no; its old content was put back, the override "
                              "stays\n");
  BOOST_TEST(!std::filesystem::exists(admin / "a.d"));
  peer.finish();
}

BOOST_AUTO_TEST_SUITE_END()
