#include "daemon/access.hpp"

#include <boost/test/unit_test.hpp>

#include <grp.h>
#include <unistd.h>

namespace {

using cfgd::access_policy;
using cfgd::caller;
using cfgd::right;

cfgd::ipc::peer somebody(uid_t uid, std::vector<gid_t> groups = {}) {
  return {.uid = uid, .gid = uid, .pid = 1, .groups = std::move(groups)};
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(access)

BOOST_AUTO_TEST_CASE(everyone_may_read) {
  access_policy const policy("");

  BOOST_TEST(policy.allows(somebody(4242), right::read, "site"));
  BOOST_TEST(policy.allows(somebody(65534), right::none, ""));
}

BOOST_AUTO_TEST_CASE(root_and_the_own_user_may_do_all) {
  access_policy const policy("");

  BOOST_TEST(policy.allows(somebody(0), right::write, "site"));
  BOOST_TEST(policy.allows(somebody(::geteuid()), right::admin, ""));
}

BOOST_AUTO_TEST_CASE(a_forgotten_right_is_nobodys) {
  access_policy const policy("");

  BOOST_TEST(!policy.allows(somebody(0), right::unspecified, "site"));
}

BOOST_AUTO_TEST_CASE(members_of_the_group_may_write) {
  group const* const tty = ::getgrnam("tty");
  BOOST_REQUIRE(tty != nullptr);
  gid_t const gid = tty->gr_gid;
  access_policy const policy("tty");

  BOOST_TEST(policy.allows(somebody(4242, {gid}), right::write, "site"));
  BOOST_TEST(!policy.allows(somebody(4242, {gid + 1}), right::write, "site"));
}

BOOST_AUTO_TEST_CASE(others_are_refused_with_what_is_missing) {
  access_policy const policy("no-such-group");

  BOOST_TEST(!policy.allows(somebody(4242, {0}), right::write, "site"));
  auto const refused = policy.denial(somebody(4242, {0}), right::write, "site");

  BOOST_TEST((refused.code == cfgd::errc::denied));
  auto const own = ::geteuid() == 0 ? "" : ", uid " + std::to_string(::geteuid());
  auto const needs = ": needs root" + own + " or group 'no-such-group'";
  BOOST_TEST(refused.message == "denied write to 'site' by uid 4242" + needs);
  BOOST_TEST(policy.denial(somebody(1000), right::rollback, "").message ==
             "denied rollback by uid 1000" + needs);
  BOOST_TEST(policy.denial(somebody(1000), right::admin, "").message ==
             "denied administration by uid 1000" + needs);
}

BOOST_AUTO_TEST_CASE(users_of_other_namespaces_are_nobody) {
  access_policy const policy("");

  BOOST_TEST(!policy.allows(somebody(65534), right::write, "site"));
  BOOST_TEST(!policy.allows(somebody(static_cast<uid_t>(-1)), right::write, "site"));
}

BOOST_AUTO_TEST_CASE(a_caller_keeps_what_it_may_see) {
  access_policy const policy("no-such-group");
  auto const user = somebody(4242);
  auto const root = somebody(0);

  BOOST_TEST(!caller(policy, user).may_write("site"));
  BOOST_TEST(!caller(policy, user).may_see_secrets("site"));
  BOOST_TEST(caller(policy, root).may_write("site"));
  BOOST_TEST(caller(policy, root).visible_secrets()("site"));
  auto const kept = caller(policy, user).visible_secrets();
  BOOST_TEST(!kept("site"));
  BOOST_TEST(kept.peer().uid == 4242U);
  BOOST_TEST(kept.denial("site").message.starts_with("denied secrets of 'site' by uid 4242: "));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
