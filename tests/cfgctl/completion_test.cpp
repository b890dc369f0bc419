#include "cfgctl/completion/completion.hpp"
#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <string>
#include <vector>

// What the last word of a command line may become. Shells are in tests/docs/completion_test.py.

using cfgd::test::call;
using cfgd::test::cfgctl_fixture;
using cfgd::test::check;
using cfgd::test::reply;
using cfgd::test::talk;

namespace {

struct line {
  std::string text;
  std::vector<std::string> words;
  std::size_t kept = 0;
  bool is_quoted = false;
};

std::ostream& operator<<(std::ostream& out, line const& what) { return out << what.text; }

constexpr char const* breaks = " \t\n\"'@><=;|&(:";

std::vector<line> const lines{
    {"cfgctl ", {""}},
    {"cfgctl g", {"g"}},
    {"cfgctl  get\tweb.", {"get", "web."}},
    {"cfgctl set web.step=n", {"set", "web.step=n"}, 9},
    {"cfgctl get 'a b' c", {"get", "a b", "c"}},
    {R"(cfgctl get hosts.\"db)", {"get", R"(hosts."db)"}},
    {R"(cfgctl get "web.a)", {"get", "web.a"}, 0, true},
    {R"(cfgctl set x="a b)", {"set", "x=a b"}, 2, true},
};

std::vector<talk> const fixed{
    {{"complete", "--", "expl"},
     {},
     0,
     "explain\tPrint why a key has its value: all layers, the schema\n",
     ""},
    {{"complete", "--", "get", "--stri"},
     {},
     0,
     "--strict\tPrint nothing unless all keys exist\n",
     ""},
    {{"complete", "--", "--color", ""}, {}, 0, "auto\nalways\nnever\n", ""},
    {{"complete", "--", "--color=a"}, {}, 0, "--color=auto\n--color=always\n", ""},
    {{"complete", "--", "help", "expo"},
     {},
     0,
     "export\tPrint whole namespaces as one document\n",
     ""},
    {{"complete", "--", "cache", "st"}, {}, 0, "stats\tPrint its figures\n", ""},
    {{"complete", "--", "apply", ""}, {}, 0, ":files\n", ""},
    {{"complete", "--", "init", ""}, {}, 0, ":directories\n", ""},
    {{"complete", "--", "exec", "web", "--", "x"}, {}, 0, ":files\n", ""},
    {{"complete", "--", "watch", "--exec", "prog", "--js"}, {}, 0, ":files\n", ""},
    {{"complete", "--", "comp"}, {}, 0, "compact\tDelete old changes from the history\n", ""},
    {{"complete", "--", "status", "x"}, {}, 0, "", ""},
};

std::string const explain_site = call("io.cfgd.Config.Explain", R"({"key":"site"})");
std::string const site =
    reply(R"({"candidates":[],"secret":false,"writable":true,"revision":1,)"
          R"("values":{"site":{"port":80,"tls":{"on":true},"a b":1}},)"
          R"("schema":{"properties":{"port":{"type":"integer","description":"The port"},)"
          R"("mode":{"enum":["on","off"]}}}})");
std::string const explain_mode = call("io.cfgd.Config.Explain", R"({"key":"site.mode"})");
std::string const mode =
    reply(R"({"candidates":[],"secret":false,"writable":true,"revision":1,"values":{},)"
          R"("schema":{"enum":["on","off",7]}})");

std::vector<talk> const live{
    {{"complete", "--", "get", "site."},
     {{explain_site, site}},
     0,
     "site.\"a b\"\tint64\nsite.mode\nsite.port\tThe port\nsite.tls.\tobject\n",
     ""},
    {{"complete", "--", "set", "site.p"}, {{explain_site, site}}, 0, "site.port=\tThe port\n", ""},
    {{"complete", "--", "set", "site.mode=o"},
     {{explain_mode, mode}},
     0,
     "site.mode=on\nsite.mode=off\n",
     ""},
    {{"complete", "--", "set", "site.mode", ""}, {{explain_mode, mode}}, 0, "on\noff\n7\n", ""},
    {{"complete", "--line", breaks, "--", "cfgctl set site.mode=of"},
     {{explain_mode, mode}},
     0,
     "off\n",
     ""},
    {{"complete", "--line", breaks, "--", "cfgctl get site.\\\"a"},
     {{explain_site, site}},
     0,
     "site.\\\"a\\ b\\\"\n",
     ""},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(completion, cfgctl_fixture)

BOOST_DATA_TEST_CASE(a_line_of_a_shell_is_split_as_the_shell_does_it,
                     boost::unit_test::data::make(lines)) {
  auto const found = cfgd::cfgctl::split_line(sample.text, breaks);

  BOOST_TEST(found.words == sample.words, boost::test_tools::per_element());
  BOOST_TEST(found.kept == sample.kept);
  BOOST_TEST(found.is_quoted == sample.is_quoted);
}

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, what_is_declared_needs_no_service,
                       boost::unit_test::data::make(fixed)) {
  auto run = cfgctl(sample.arguments);

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == sample.out);
  BOOST_TEST(run.err() == "");
}

BOOST_DATA_TEST_CASE_F(cfgctl_fixture, keys_and_values_come_from_the_service,
                       boost::unit_test::data::make(live)) {
  check(*this, sample);
}

BOOST_AUTO_TEST_CASE(a_service_that_is_down_is_no_message) {
  auto run = cfgctl({"complete", "--", "get", "site."});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "");
  BOOST_TEST(run.err() == "");
}

BOOST_AUTO_TEST_CASE(the_socket_is_that_of_the_command_line) {
  cfgd::test::scripted_peer peer(directory / "other",
                                 {cfgd::test::exchange({{explain_site, site}})});

  auto run = cfgctl({"complete", "--", "--socket", directory / "other", "get", "site.port"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out() == "site.port\tThe port\n");
  peer.finish();
}

BOOST_AUTO_TEST_CASE(help_does_not_list_it) {
  auto run = cfgctl({"--help"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out().find("complete") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
