#include "cfgctl/text/users.hpp"
#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <unistd.h>

using cfgd::test::call;
using cfgd::test::cfgctl_fixture;
using cfgd::test::check;
using cfgd::test::refused;
using cfgd::test::reply;
using cfgd::test::talk;

namespace {

std::string service(std::string_view method, std::string_view parameters = {}) {
  return call("io.cfgd.Service." + std::string(method), parameters);
}

std::string check_of(std::string const& name, std::string const& status) {
  return R"({"name":")" + name + R"(","status":")" + status + R"(","message":"of )" + name +
         R"(","details":{},"durationMs":2.0,"time":"2100-01-01T00:00:00.000Z"})";
}

std::string const checks = R"({"status":"warning","checks":[)" + check_of("files", "warning") +
                           ',' + check_of("store", "healthy") + "]}";
std::string const head = "CHECK  STATUS   MESSAGE   AGE  TOOK\n";
std::string const files_row = "files  warning  of files   0s  2 ms\n";
std::string const store_row = "store  healthy  of store   0s  2 ms\n";

std::string problem_of(std::string const& id, std::string const& rest) {
  return R"({"id":)" + id +
         R"(,"kind":"parse","message":"m","source":"","recoverable":true,"recovery":"",)"
         R"("time":"2100-01-01T00:00:00.000Z","count":1,"context":{})" +
         rest + '}';
}

std::string problems_of(std::string const& list) {
  return reply(R"({"problems":[)" + list + R"(],"counts":{"parse":3},"critical":false})");
}

std::string const over = R"(,"resolved":"2100-01-01T00:00:00.000Z")";
std::string const text_of_one = "#1 parse error, 0s ago\n"
                                "  what    m\n"
                                "  since   2100-01-01T00:00:00.000Z\n"
                                "\n"
                                "since the start: parse 3\n";

std::vector<talk> const talks{
    {{"health"},
     {{service("Health"), reply(checks)}},
     1,
     "CFGD WARNING: files: of files | critical=0 warning=1 unknown=0 healthy=1\n" + head +
         files_row + store_row,
     ""},
    {{"health", "store"},
     {{service("Health"), reply(checks)}},
     0,
     "CFGD OK: store: of store | critical=0 warning=0 unknown=0 healthy=1\n" + head + store_row,
     ""},
    {{"health", "store", "--json"},
     {{service("Health"), reply(checks)}},
     0,
     R"({"status":"healthy","checks":[)" + check_of("store", "healthy") + "]}\n",
     ""},
    {{"health", "--run", "store"},
     {{service("RunChecks", R"({"names":["store"]})"),
       reply(R"({"status":"critical","checks":[)" + check_of("store", "healthy") + "]}")}},
     0,
     "CFGD OK: store: of store | critical=0 warning=0 unknown=0 healthy=1\n" + head + store_row,
     ""},
    {{"health", "--run"},
     {{service("RunChecks"), refused("org.varlink.service.PermissionDenied", "{}")}},
     3,
     "CFGD UNKNOWN: permission denied: needs root or group cfgd-admin (you are " +
         cfgd::cfgctl::user_text(::geteuid()) + ")\n",
     ""},
    {{"health", "other"},
     {{service("Health"), reply(checks)}},
     3,
     "CFGD UNKNOWN: there is no check 'other'; checks: files, store\n",
     ""},
    {{"health", "stroe"},
     {{service("Health"), reply(checks)}},
     3,
     "CFGD UNKNOWN: there is no check 'stroe' (did you mean 'store'?); checks: files, store\n",
     ""},
    {{"health", "--json"},
     {{service("Health"), reply(R"({"status":"critical","checks":[]})")}},
     2,
     "{\"status\":\"critical\",\"checks\":[]}\n",
     ""},
    {{"health"},
     {{service("Health"), reply(R"({"checks":[]})")}},
     3,
     "CFGD UNKNOWN: unexpected reply to io.cfgd.Service.Health: the field 'status' is missing\n",
     ""},
    {{"problems", "parse", "-n", "2"},
     {{service("Problems", R"({"kind":"parse","limit":2})"), problems_of(problem_of("1", ""))}},
     0,
     text_of_one,
     ""},
    {{"problems", "--open", "-n", "1"},
     {{service("Problems"),
       problems_of(problem_of("2", over) + ',' + problem_of("1", "") + ',' + problem_of("3", ""))}},
     0,
     text_of_one,
     ""},
    {{"problems", "--open", "--json"},
     {{service("Problems"), problems_of(problem_of("2", over))}},
     0,
     R"({"problems":[],"counts":{"parse":3},"critical":false})"
     "\n",
     ""},
    {{"problems", "--clear"}, {{service("ClearProblems"), "{}"}}, 0, "cleared\n", ""},
    {{"problems", "x"},
     {{service("Problems", R"({"kind":"x"})"),
       refused("org.varlink.service.InvalidParameter", R"({"parameter":"kind"})")}},
     2,
     "",
     "cfgctl: problems: unknown kind 'x'; kinds: parse, schema, validation, store, cache, watch, "
     "permission, protocol, network, internal\n"},
    {{"problems", "pasre"},
     {{service("Problems", R"({"kind":"pasre"})"),
       refused("org.varlink.service.InvalidParameter", R"({"parameter":"kind"})")}},
     2,
     "",
     "cfgctl: problems: unknown kind 'pasre' (did you mean 'parse'?); kinds: parse, schema, "
     "validation, store, cache, watch, permission, protocol, network, internal\n"},
    {{"metrics"},
     {{service("Metrics"), reply(R"({"text":"cfgd_up 1\n# EOF\n"})")}},
     0,
     "cfgd_up 1\n# EOF\n",
     ""},
};

} // namespace

BOOST_AUTO_TEST_SUITE(cfgctl_health)

BOOST_DATA_TEST_CASE(every_command_asks_and_prints, boost::unit_test::data::make(talks)) {
  cfgctl_fixture const here;
  check(here, sample);
}

BOOST_FIXTURE_TEST_CASE(an_unreachable_service_is_unknown_on_standard_output, cfgctl_fixture) {
  auto run = cfgctl({"health"});

  BOOST_TEST(run.finish() == 3);
  BOOST_TEST(run.out().starts_with("CFGD UNKNOWN: "));
  BOOST_TEST(run.out().find(path) != std::string::npos);
  BOOST_TEST(run.err() == "");
}

BOOST_FIXTURE_TEST_CASE(a_wrong_command_line_of_a_plugin_is_not_critical, cfgctl_fixture) {
  auto plugin = cfgctl({"health", "--none"});
  auto other = cfgctl({"problems", "--clear", "--open"});

  BOOST_TEST(plugin.finish() == 3);
  BOOST_TEST(other.finish() == 2);
}

BOOST_FIXTURE_TEST_CASE(limits_need_no_service, cfgctl_fixture) {
  auto run = cfgctl({"limits"});

  BOOST_TEST(run.finish() == 0);
  BOOST_TEST(run.out().find("file_bytes") != std::string::npos);
  BOOST_TEST(run.err() == "");
}

BOOST_AUTO_TEST_SUITE_END()
