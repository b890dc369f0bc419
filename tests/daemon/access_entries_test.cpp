#include "daemon/access.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <memory>

// Rights by the entries of access files; those by the defaults are in access_test.cpp. Units are
// found by a function of the test.

namespace {

using namespace cfgd;
using engine::access_entry;
using engine::access_rules;
using engine::operation;
using engine::subject;

ipc::peer somebody(uid_t uid, std::vector<gid_t> groups = {}) {
  return {.uid = uid, .gid = uid, .pid = 1, .groups = std::move(groups)};
}

std::vector<operation> const all_operations{operation::read, operation::write, operation::rollback,
                                            operation::secret, operation::admin};

access_entry entry(bool allow, char const* whom, std::vector<std::string> namespaces,
                   std::vector<operation> what = all_operations) {
  static std::size_t line = 0;
  return {.allow = allow,
          .operations = std::move(what),
          .subjects = {engine::parse_subject(whom).value()},
          .namespaces = std::move(namespaces),
          .keys = {},
          .path = "/etc/cfgd/access/10.toml",
          .line = ++line};
}

std::shared_ptr<access_rules const> rules(std::vector<access_entry> entries) {
  auto made = std::make_shared<access_rules>();
  made->entries = std::move(entries);
  return made;
}

struct fixture {
  access_policy policy{"no-such-group", [this](ipc::peer const&) {
                         ++lookups;
                         return std::string("nginx.service");
                       }};
  int lookups = 0;
  ipc::peer const anna = somebody(1001);
};

} // namespace

namespace cases {
BOOST_AUTO_TEST_SUITE(access_entries)

BOOST_FIXTURE_TEST_CASE(the_first_entry_that_fits_decides, fixture) {
  policy.use(rules({entry(true, "user:1001", {"web"}), entry(false, "any", {"w*"})}), {});

  BOOST_TEST(policy.allows(anna, right::read, "web"));
  BOOST_TEST(policy.allows(anna, right::write, "web"));
  BOOST_TEST(!policy.allows(anna, right::read, "wiki"));
  BOOST_TEST(!policy.allows(somebody(1002), right::read, "web"));
  BOOST_TEST(policy.allows(somebody(1002), right::read, "site"));
  BOOST_TEST(!policy.allows(somebody(1002), right::write, "site"));
}

BOOST_FIXTURE_TEST_CASE(root_and_the_own_user_are_never_refused, fixture) {
  policy.use(rules({entry(false, "any", {"*"})}), {});

  for (auto const what : {right::read, right::write, right::secret, right::admin}) {
    BOOST_TEST(policy.allows(somebody(0), what, "web"));
    BOOST_TEST(policy.allows(somebody(::geteuid()), what, "web"));
  }
  BOOST_TEST(!policy.allows(somebody(65534), right::read, "web"));
}

BOOST_FIXTURE_TEST_CASE(nobody_of_another_user_namespace_gets_no_more_than_reading, fixture) {
  policy.use(rules({entry(true, "any", {"*"})}), {});

  BOOST_TEST(policy.allows(somebody(65534), right::read, "web"));
  BOOST_TEST(!policy.allows(somebody(65534), right::write, "web"));
  BOOST_TEST(!policy.allows(somebody(65534), right::admin, ""));
}

BOOST_FIXTURE_TEST_CASE(keys_narrow_the_right_to_write, fixture) {
  auto theme = entry(true, "user:1001", {}, {operation::write});
  theme.keys = {key::parse("site.theme").value()};
  policy.use(rules({theme}), {});

  BOOST_TEST(policy.allows(anna, right::write, key::parse("site.theme.color").value()));
  BOOST_TEST(!policy.allows(anna, right::write, key::parse("site.title").value()));
  BOOST_TEST(!policy.allows(anna, right::write, key::parse("site").value()));
  BOOST_TEST(!policy.allows(anna, right::write, "site"));
}

BOOST_FIXTURE_TEST_CASE(everything_needs_an_entry_for_everything, fixture) {
  policy.use(rules({entry(true, "user:1001", {"web"}), entry(true, "user:1002", {"*"})}), {});
  BOOST_TEST(!policy.allows(anna, right::admin, ""));
  BOOST_TEST(policy.allows(somebody(1002), right::admin, ""));
  BOOST_TEST(policy.allows(somebody(1002), right::rollback, ""));

  policy.use(rules({entry(false, "any", {"vault"}), entry(true, "user:1002", {"*"})}), {});
  BOOST_TEST(policy.allows(somebody(1002), right::rollback, "web"));
  BOOST_TEST(!policy.allows(somebody(1002), right::rollback, ""));
}

BOOST_FIXTURE_TEST_CASE(everybody_may_ask_to_read_everything_and_is_filtered, fixture) {
  policy.use(rules({entry(false, "user:1001", {"vault"})}), {});

  BOOST_TEST(policy.allows(anna, right::read, ""));
  BOOST_TEST(!policy.reads_all(anna));
  BOOST_TEST(policy.reads_all(somebody(1002)));
  BOOST_TEST(!visible_namespaces(policy, anna)("vault"));
  BOOST_TEST(visible_namespaces(policy, anna)("web"));
}

BOOST_FIXTURE_TEST_CASE(a_broken_file_refuses_what_no_entry_before_it_decides, fixture) {
  auto made = std::make_shared<access_rules>();
  made->entries = {entry(true, "user:1001", {"web"})};
  made->broken = {"/etc/cfgd/access/20.toml"};
  made->entries_before_broken = 1;
  policy.use(made, {});

  BOOST_TEST(policy.allows(anna, right::read, "web"));
  BOOST_TEST(!policy.allows(anna, right::read, "site"));
  BOOST_TEST(policy.allows(somebody(0), right::read, "site"));
  BOOST_TEST(policy.denial(anna, right::read, "site").message ==
             "denied read of 'site' by uid 1001: '/etc/cfgd/access/20.toml' has never been valid");
}

BOOST_AUTO_TEST_CASE(a_broken_file_refuses_administrators_nothing) {
  access_policy policy("tty");
  auto made = std::make_shared<access_rules>();
  made->broken = {"/etc/cfgd/access/20.toml"};
  policy.use(made, {});

  BOOST_TEST(policy.allows(somebody(1001, {5}), right::admin, ""));
  BOOST_TEST(policy.allows(somebody(1001, {5}), right::read, "site"));
  BOOST_TEST(!policy.allows(somebody(1001, {6}), right::read, "site"));
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_not_known_never_widens_a_right, fixture) {
  auto const made =
      rules({entry(true, "user:anna", {"web"}), entry(false, "group:web", {"vault"})});

  policy.use(made, {});
  BOOST_TEST(!policy.allows(anna, right::write, "web"));
  BOOST_TEST(!policy.allows(anna, right::read, "vault"));

  policy.use(made,
             {.numbers = {.users = {{"anna", 1001}}, .groups = {{"web", 77}}}, .missing = {}});
  BOOST_TEST(policy.allows(anna, right::write, "web"));
  BOOST_TEST(policy.allows(anna, right::read, "vault"));
  BOOST_TEST(!policy.allows(somebody(1001, {77}), right::read, "vault"));
}

BOOST_FIXTURE_TEST_CASE(a_name_that_does_not_exist_matches_nobody, fixture) {
  policy.use(rules({entry(false, "group:gone", {"vault"})}),
             {.numbers = {}, .missing = {"group:gone"}});

  BOOST_TEST(policy.allows(anna, right::read, "vault"));
}

BOOST_FIXTURE_TEST_CASE(a_unit_is_looked_up_once_and_only_for_entries_of_units, fixture) {
  policy.use(rules({entry(true, "user:1001", {"web"})}), {});
  (void)policy.allows(anna, right::write, "web");
  BOOST_TEST(lookups == 0);

  policy.use(rules({entry(true, "unit:nginx.service", {"web"}, {operation::write})}), {});
  BOOST_TEST(policy.allows(anna, right::write, "web"));
  BOOST_TEST(policy.allows(anna, right::write, "web"));
  BOOST_TEST(lookups == 1);
}

BOOST_FIXTURE_TEST_CASE(a_permission_is_decided_by_the_rules_that_it_meets, fixture) {
  auto const open = rules({entry(true, "user:1001", {"web"})});
  auto const closed = rules({entry(false, "any", {"web"})});
  policy.use(open, {});
  auto const permitted =
      policy.permission(anna, {.what = right::write, .names = {"web"}, .keys = {}});

  BOOST_TEST(permitted(*open).has_value());
  BOOST_TEST(!permitted(*closed).has_value());
  BOOST_TEST((permitted(*closed).error().code == errc::denied));
}

BOOST_FIXTURE_TEST_CASE(a_permission_meets_names_that_nobody_has_looked_up, fixture) {
  policy.use(rules({entry(true, "user:1001", {"web"})}), {});
  auto const permitted =
      policy.permission(anna, {.what = right::write, .names = {"web"}, .keys = {}});

  auto const newer = rules({entry(false, "group:new", {"web"}), entry(true, "any", {"web"})});
  BOOST_TEST(!permitted(*newer).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_denial_names_its_entry, fixture) {
  auto const made = rules({entry(false, "any", {"web"})});
  policy.use(made, {});

  auto const refused = policy.denial(anna, right::write, "web");
  BOOST_TEST(refused.message ==
             "denied write to 'web' by uid 1001: " + made->entries.front().place() + " denies it");
  auto const decided = policy.decide(anna, right::write, "web");
  BOOST_TEST(decided.entry == made->entries.front().place());
  BOOST_TEST(to_string(decided.why) == "entry");
  BOOST_TEST(to_string(policy.decide(anna, right::write, "site").why) == "default");
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
