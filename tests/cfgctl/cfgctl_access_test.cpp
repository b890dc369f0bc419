#include "tests/cfgctl/cfgctl_talk.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using cfgd::test::call;
using cfgd::test::cfgctl_fixture;
using cfgd::test::check;
using cfgd::test::reply;
using cfgd::test::talk;

namespace {

std::string asked(std::string_view parameters = {}) {
  return call("io.cfgd.Service.Access", parameters);
}

std::string const of_caller =
    R"({"uid":1000,"rights":[{"key":"","operation":"admin","allowed":false},)"
    R"({"key":"site","operation":"read","allowed":true}]})";
std::string const of_anna =
    R"({"uid":1001,"rights":[{"key":"site.a","operation":"write","allowed":true,)"
    R"("reason":"entry","entry":"/etc/cfgd/access/10.toml:2"},)"
    R"({"key":"site.a","operation":"secret","allowed":false,"reason":"default"}]})";

std::vector<talk> const talks{
    {{"access"},
     {{asked(), reply(of_caller)}},
     0,
     "uid 1000\n"
     "KEY        OPERATION  ALLOWED  WHY\n"
     "(service)  admin      no\n"
     "site       read       yes\n",
     ""},
    {{"access", "--as", "anna", "site.a"},
     {{asked(R"({"user":"anna","key":"site.a"})"), reply(of_anna)}},
     0,
     "uid 1001\n"
     "KEY     OPERATION  ALLOWED  WHY\n"
     "site.a  write      yes      /etc/cfgd/access/10.toml:2\n"
     "site.a  secret     no       default\n",
     ""},
    {{"access", "--json"}, {{asked(), reply(of_caller)}}, 0, of_caller + "\n", ""},
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(cfgctl_access)

BOOST_DATA_TEST_CASE(rights_are_printed, boost::unit_test::data::make(talks)) {
  cfgctl_fixture const here;
  check(here, sample);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
