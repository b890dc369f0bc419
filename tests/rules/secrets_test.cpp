#include "engine/rules/rules.hpp"
#include "tests/support/rule_world.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace cfgd;
using test::described;

struct fixture {
  test::rule_world world{R"({
    "site": {"smtp": {"password": "hunter2", "host": "mail"}, "key": {"inner": "hunter2"},
             "keys": ["hunter2"], "users": [{"name": "a", "pin": "hunter2"}], "odd.name": "hunter2"},
    "vault": {"x": "hunter2"}
  })"};

  fixture() {
    world.hide({"site", "smtp", "password"});
    world.hide({"site", "key"});
    world.hide({"site", "keys"});
    world.hide({"site", "users", "pin"});
    world.hide({"site", "odd.name"});
    world.hide({"vault"});
  }
};

std::vector<std::string> const uses{
    "{} .. 'x'",
    "'x' .. {}",
    "{}.x",
    "{}[1]",
    "{}()",
    "{}:upper()",
    "#{}",
    "-{}",
    "~{}",
    "{} + 1",
    "1 - {}",
    "{} * 2",
    "{} / 2",
    "{} % 2",
    "{} ^ 2",
    "{} // 2",
    "{} & 1",
    "{} | 1",
    "{} ~ 1",
    "{} << 1",
    "{} >> 1",
    "{} < 'x'",
    "'x' <= {}",
    "{} > 'x'",
    "{} == {}",
    "tostring({})",
    "tonumber({})",
    "string.find({}, 'h')",
    "string.find('h', {})",
    "string.find('h', 'h', {}, true)",
    "matches({}, 'h')",
    "matches('h', {})",
    "find({}, 'h')",
    "find('h', {})",
    "find('h', 'h', {})",
    "string.format('%s', {})",
    "string.format('%q', {})",
    "string.format('%p', {})",
    "string.format({})",
    "string.rep({}, 2)",
    "string.rep('x', 2, {})",
    "string.len({})",
    "string.byte({})",
    "string.sub({}, 1)",
    "string.upper({})",
    "string.reverse({})",
    "string.char({})",
    "math.floor({})",
    "math.type({})",
    "math.max(1, {})",
    "pairs({})",
    "(function() {}.x = 1 end)()",
    "(function() for i in {} do end end)()",
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(secrets, fixture)

BOOST_DATA_TEST_CASE(every_use_of_a_secret_is_refused, uses, use) {
  std::string check = use;
  for (auto at = check.find("{}"); at != std::string::npos; at = check.find("{}"))
    check.replace(at, 2, "site.smtp.password");
  BOOST_TEST(described(world.run(check)) ==
             "broken: the secret 'site.smtp.password' cannot be read by a rule");
}

BOOST_AUTO_TEST_CASE(a_rule_can_see_that_a_secret_exists) {
  BOOST_TEST(described(world.run("site.smtp.password ~= nil")) == "holds");
  BOOST_TEST(described(world.run("site.smtp.password")) == "holds");
  BOOST_TEST(described(world.run("site.smtp.absent ~= nil")) == "fails");
  BOOST_TEST(described(world.run("site.smtp.password == ''")) == "fails");
  BOOST_TEST(described(world.run("site.smtp.password == 'hunter2'")) == "fails");
  BOOST_TEST(described(world.run("type(site.smtp.password) == 'secret'")) == "holds");
}

BOOST_AUTO_TEST_CASE(objects_lists_and_namespaces_may_be_secrets) {
  BOOST_TEST(described(world.run("site.key.inner")) ==
             "broken: the secret 'site.key' cannot be read by a rule");
  BOOST_TEST(described(world.run("site.keys[1]")) ==
             "broken: the secret 'site.keys' cannot be read by a rule");
  BOOST_TEST(described(world.run("#site.keys")) ==
             "broken: the secret 'site.keys' cannot be read by a rule");
  BOOST_TEST(described(world.run("next(site.keys)")) ==
             "broken: the secret 'site.keys' cannot be read by a rule");
  BOOST_TEST(described(world.run("table.concat(site.keys)")) ==
             "broken: the secret 'site.keys' cannot be read by a rule");
  BOOST_TEST(described(world.run("vault ~= nil")) == "holds");
  BOOST_TEST(described(world.run("vault.x")) ==
             "broken: the secret 'vault' cannot be read by a rule");
  BOOST_TEST(described(world.run("#site['odd.name']")) ==
             "broken: the secret 'site.\"odd.name\"' cannot be read by a rule");
}

BOOST_AUTO_TEST_CASE(secrets_inside_elements_are_secrets) {
  BOOST_TEST(described(world.run("site.users[1].name == 'a'")) == "holds");
  BOOST_TEST(described(world.run("#site.users[1].pin")) ==
             "broken: the secret 'site.users.pin' cannot be read by a rule");
}

BOOST_AUTO_TEST_CASE(iteration_reveals_no_secret) {
  BOOST_TEST(described(world.run("(function() for k, v in pairs(site.smtp) do "
                                 "if k == 'password' then return #v end end end)()")) ==
             "broken: the secret 'site.smtp.password' cannot be read by a rule");
  BOOST_TEST(described(world.run("select(2, next(site.smtp)) == 'hunter2'")) == "fails");
}

BOOST_AUTO_TEST_CASE(an_error_value_that_is_a_secret_is_not_shown) {
  BOOST_TEST(described(world.run("error(site.smtp.password)")) ==
             "broken: the error value is not a string");
  BOOST_TEST(described(world.run("assert(false, site.smtp.password)")) ==
             "broken: the error value is not a string");
}

BOOST_AUTO_TEST_SUITE_END()
