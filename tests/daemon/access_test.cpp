#include "daemon/access.hpp"

#include <boost/test/unit_test.hpp>

#include <grp.h>
#include <unistd.h>

namespace {

using cfgd::access_policy;
using cfgd::operation;

cfgd::ipc::peer somebody(uid_t uid, std::vector<gid_t> groups = {}) {
  return {.uid = uid, .gid = uid, .pid = 1, .groups = std::move(groups)};
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(access)

BOOST_AUTO_TEST_CASE(everyone_may_read_and_watch) {
  access_policy const policy("");

  BOOST_TEST(policy.authorize(somebody(4242), operation::read, "site").has_value());
  BOOST_TEST(policy.authorize(somebody(65534), operation::watch, "site").has_value());
}

BOOST_AUTO_TEST_CASE(root_and_the_own_user_may_do_all) {
  access_policy const policy("");

  BOOST_TEST(policy.authorize(somebody(0), operation::write, "site").has_value());
  BOOST_TEST(policy.authorize(somebody(::geteuid()), operation::administer, "").has_value());
}

BOOST_AUTO_TEST_CASE(members_of_the_group_may_write) {
  group const* const tty = ::getgrnam("tty");
  BOOST_REQUIRE(tty != nullptr);
  gid_t const gid = tty->gr_gid;
  access_policy const policy("tty");

  BOOST_TEST(policy.authorize(somebody(4242, {gid}), operation::write, "site").has_value());
  BOOST_TEST(!policy.authorize(somebody(4242, {gid + 1}), operation::write, "site").has_value());
}

BOOST_AUTO_TEST_CASE(others_are_refused_with_what_is_missing) {
  access_policy const policy("no-such-group");

  auto const refused = policy.authorize(somebody(4242, {0}), operation::write, "site");

  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == cfgd::errc::denied));
  BOOST_TEST(refused.error().message.find("uid 4242 may not write 'site'") == 0U);
  BOOST_TEST(refused.error().message.find("no-such-group") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(users_of_other_namespaces_are_nobody) {
  access_policy const policy("");

  BOOST_TEST(!policy.authorize(somebody(65534), operation::write, "site").has_value());
  BOOST_TEST(
      !policy.authorize(somebody(static_cast<uid_t>(-1)), operation::write, "site").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
