#include "engine/rules/rules.hpp"
#include "tests/support/rule_world.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace cfgd;
using test::described;

struct fixture {
  test::rule_world world{R"({
    "site": {"name": "Books", "port": 8080, "big": 9007199254740993, "low": -9223372036854775808,
             "ratio": 0.5, "on": true, "off": false, "empty": "", "bytes": "aé",
             "flags": {"b": true, "a": 1}, "nothing": {}, "twin": {"b": true, "a": 1},
             "hosts": ["one", "two", "three"], "nested": [[1, 2], {"x": 5}], "none": []},
    "my-name": {"x": 1},
    "string": {"x": 2},
    "os": {"x": 3}
  })"};

  std::string run(std::string check) { return described(world.run(std::move(check))); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(engine, fixture)

BOOST_AUTO_TEST_CASE(a_rule_holds_unless_it_is_false_or_nil) {
  BOOST_TEST(run("site.port == 8080") == "holds");
  BOOST_TEST(run("site.port == 8081") == "fails");
  BOOST_TEST(run("site.on") == "holds");
  BOOST_TEST(run("site.off") == "fails");
  BOOST_TEST(run("site.absent") == "fails");
  BOOST_TEST(run("0") == "holds");
  BOOST_TEST(run("''") == "holds");
  BOOST_TEST(run("nil") == "fails");
}

BOOST_AUTO_TEST_CASE(values_are_those_of_lua) {
  BOOST_TEST(run("site.big == 9007199254740993 and math.type(site.big) == 'integer'") == "holds");
  BOOST_TEST(run("site.big ~= 9007199254740992") == "holds");
  BOOST_TEST(run("site.low == math.mininteger") == "holds");
  BOOST_TEST(run("site.ratio * 2 == 1 and math.type(site.ratio) == 'float'") == "holds");
  BOOST_TEST(run("#site.bytes == 3") == "holds");
  BOOST_TEST(run("site.name .. site.port == 'Books8080'") == "holds");
  BOOST_TEST(run("type(site) == 'table' and type(site.hosts) == 'table'") == "holds");
  BOOST_TEST(run("type(site.name) == 'string' and type(site.absent) == 'nil'") == "holds");
  BOOST_TEST(run("site.name:upper() == 'BOOKS'") == "holds");
}

BOOST_AUTO_TEST_CASE(lists_count_from_one) {
  BOOST_TEST(run("#site.hosts == 3 and site.hosts[1] == 'one' and site.hosts[3] == 'three'") ==
             "holds");
  BOOST_TEST(run("site.hosts[1.0] == 'one'") == "holds");
  BOOST_TEST(run("site.hosts[0] == nil and site.hosts[4] == nil and site.hosts[-1] == nil") ==
             "holds");
  BOOST_TEST(run("site.hosts['1'] == nil and site.hosts[1.5] == nil and site.hosts.x == nil") ==
             "holds");
  BOOST_TEST(run("site.nested[1][2] == 2 and site.nested[2].x == 5") == "holds");
  BOOST_TEST(run("#site.none == 0 and next(site.none) == nil") == "holds");
}

BOOST_AUTO_TEST_CASE(lists_and_objects_can_be_iterated) {
  BOOST_TEST(run("(function() local s = '' for i, v in ipairs(site.hosts) do s = s .. i .. v end "
                 "return s end)() == '1one2two3three'") == "holds");
  BOOST_TEST(run("(function() local s = '' for i, v in pairs(site.hosts) do s = s .. i .. v end "
                 "return s end)() == '1one2two3three'") == "holds");
  BOOST_TEST(run("(function() local n, s = 0, 0 for k, v in pairs(site) do n = n + 1 "
                 "if k == 'port' then s = v end end return n == 15 and s == 8080 end)()") ==
             "holds");
  BOOST_TEST(run("(function() for k in pairs(site.nothing) do return false end return true end)()"
                 " and next(site.nothing) == nil") == "holds");
  BOOST_TEST(run("next(site.flags, 'b') == 'a'") == "holds");
  BOOST_TEST(run("next(site.flags, 'no')") == "broken: invalid key to 'next'");
  BOOST_TEST(run("next({}) == nil and next({5}) == 1") == "holds");
}

BOOST_AUTO_TEST_CASE(table_functions_read_lists) {
  BOOST_TEST(run("table.concat(site.hosts, ',') == 'one,two,three'") == "holds");
  BOOST_TEST(run("table.concat(site.hosts, ',', 2, 3) == 'two,three'") == "holds");
  BOOST_TEST(run("select('#', table.unpack(site.hosts)) == 3") == "holds");
  BOOST_TEST(run("(function() local t = {table.unpack(site.hosts)} table.sort(t) "
                 "return table.concat(t, ' ') end)() == 'one three two'") == "holds");
  BOOST_TEST(run("(function() local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) "
                 "table.insert(t, 0) table.insert(t, 1, 9) table.remove(t, 2) table.remove(t) "
                 "return table.concat(t, ' ') end)() == '9 2 1'") == "holds");
  BOOST_TEST(run("#table.move(site.hosts, 1, 3, 2, {'zero'}) == 4") == "holds");
  BOOST_TEST(run("table.pack(1, 2).n == 2") == "holds");
}

BOOST_AUTO_TEST_CASE(documents_are_equal_when_they_are_the_same) {
  BOOST_TEST(run("site == site and site.flags == site.flags and site.hosts == site.hosts") ==
             "holds");
  BOOST_TEST(run("site.flags ~= site.twin and site.flags ~= site.hosts and site ~= {}") == "holds");
}

BOOST_AUTO_TEST_CASE(values_are_read_only) {
  std::string const refused = "broken: namespaces are read-only";
  auto const act = [this](std::string const& what) {
    return run("(function() " + what + " end)()");
  };
  BOOST_TEST(act("site.port = 1") == refused);
  BOOST_TEST(act("site.new = 1") == refused);
  BOOST_TEST(act("site.hosts[1] = 'x'") == refused);
  BOOST_TEST(act("table.insert(site.hosts, 'x')") == refused);
  BOOST_TEST(act("table.remove(site.hosts)") == refused);
  BOOST_TEST(act("local t = site.hosts table.sort(t)") == refused);
  BOOST_TEST(act("ns.site = {}") == refused);
  BOOST_TEST(act("site = {}") == refused + "; declare other variables as local");
  BOOST_TEST(act("other = 1") == refused + "; declare other variables as local");
  BOOST_TEST(act("string = 1") == refused + "; declare other variables as local");
}

BOOST_AUTO_TEST_CASE(rules_share_no_state) {
  rules::engine engine{limits{}};
  auto const world_of = world.world();
  auto const run_in = [&](std::string check) {
    return described(engine.run({.name = "rule", .check = std::move(check)}, world_of));
  };
  BOOST_TEST(run_in("(function() string.len = nil math.pi = 3 table.x = 1 local t = ns "
                    "return string.len == nil end)()") == "holds");
  BOOST_TEST(run_in("string.len('abc') == 3 and math.pi > 3 and table.x == nil") == "holds");
  BOOST_TEST(run_in("error('x')") == "broken: x");
  BOOST_TEST(run_in("site.port == 8080") == "holds");
}

BOOST_AUTO_TEST_CASE(namespaces_with_odd_names_are_found_in_ns) {
  BOOST_TEST(run("ns['my-name'].x == 1 and ns.site.port == 8080") == "holds");
  BOOST_TEST(run("ns.string.x == 2 and string.len('abc') == 3") == "holds");
  BOOST_TEST(run("os.x == 3") == "holds");
  BOOST_TEST(run("ns[1]") == "broken: the name of a namespace must be a string");
}

BOOST_AUTO_TEST_CASE(a_missing_namespace_is_unknown) {
  auto const found = world.run("site.on and gone.x == 1 or true");
  BOOST_TEST(described(found) == "unknown: namespace 'gone' does not exist");
  BOOST_TEST(found.read == (std::set<std::string, std::less<>>{"gone", "site"}),
             boost::test_tools::per_element());
  BOOST_TEST(run("ns['not-there']") == "unknown: namespace 'not-there' does not exist");
  BOOST_TEST(run("gone") == "unknown: namespace 'gone' does not exist");
  BOOST_TEST(run("Gone") == "broken: unknown function or namespace 'Gone'");
  BOOST_TEST(run("ns.Gone") == "broken: 'Gone' is not a valid namespace name");
}

BOOST_AUTO_TEST_CASE(namespaces_are_read_once_when_needed) {
  auto const read = world.run("site.on or ns['my-name'].x == 1").read;
  BOOST_TEST(read == (std::set<std::string, std::less<>>{"site"}),
             boost::test_tools::per_element());
  BOOST_TEST(world.asked() == std::vector<std::string>{"site"}, boost::test_tools::per_element());
  auto const both = world.run("site.off or site.port == 1 or ns['my-name'].x == 1").read;
  BOOST_TEST(both == (std::set<std::string, std::less<>>{"my-name", "site"}),
             boost::test_tools::per_element());
  BOOST_TEST(world.asked() == (std::vector<std::string>{"site", "site", "my-name"}),
             boost::test_tools::per_element());
  BOOST_TEST(world.run("1 == 1").read.empty());
}

BOOST_AUTO_TEST_CASE(errors_name_the_fault) {
  BOOST_TEST(run("site.absent.x") == "broken: site.absent is not set");
  BOOST_TEST(run("site.flags['c d'] + 1 > 0") == "broken: site.flags.\"c d\" is not set");
  BOOST_TEST(run("site.off or\n #ns['my-name'].y > 0") == "broken: line 2: my-name.y is not set");
  BOOST_TEST(run("find(site.absent, 'a')") == "broken: site.absent is not set");
  BOOST_TEST(run("matches('a', site.flags.gone)") == "broken: site.flags.gone is not set");
  BOOST_TEST(run("site.off or\n string.len(site.absent) > 0") ==
             "broken: line 2: site.absent is not set");
  BOOST_TEST(run("site.absent == nil and ({}).x.y") ==
             "broken: attempt to index a nil value (field 'x')");
  BOOST_TEST(run("site.nested[2].y.z") == "broken: attempt to index a nil value (field 'y')");
  BOOST_TEST(run("site.name + 1 > 0") == "broken: attempt to add a 'string' with a 'number'");
  BOOST_TEST(run("site.port < site.name") == "broken: attempt to compare number with string");
  BOOST_TEST(run("#site") == "broken: attempt to get length of a object value (global 'site')");
  BOOST_TEST(run("error('too bad')") == "broken: too bad");
  BOOST_TEST(run("(1 +\n error('two'))") == "broken: line 2: two");
  BOOST_TEST(run("error({})") == "broken: the error value is not a string");
  BOOST_TEST(run("error()") == "broken: the error value is not a string");
  BOOST_TEST(run("error(site)") == "broken: the error value is not a string");
  BOOST_TEST(run("assert(site.off, 'off')") == "broken: off");
  BOOST_TEST(run("1 +").starts_with("broken: unexpected symbol"));
}

BOOST_AUTO_TEST_CASE(messages_are_short_lines_of_text) {
  auto const found = world.run("error('\\xff\\0\\n\\x1b' .. ('é'):rep(1000))").message;
  BOOST_TEST(found.size() <= 500U);
  BOOST_TEST(found.starts_with("?   é"));
  BOOST_TEST(found.ends_with("é..."));
}

BOOST_AUTO_TEST_CASE(functions_with_side_effects_do_not_exist) {
  for (std::string const name :
       {"load", "loadfile", "dofile", "require", "collectgarbage", "debug", "io", "setmetatable",
        "getmetatable", "rawset", "rawget", "rawequal", "pcall", "xpcall", "coroutine", "print"})
    BOOST_TEST(run(name + " == nil") == "broken: '" + name + "' is not available in rules");
  for (std::string const name : {"string.dump", "string.pack", "math.random", "math.randomseed"})
    BOOST_TEST(run(name + " == nil") == "holds");
  BOOST_TEST(run("_G").starts_with("broken"));
  BOOST_TEST(run("('x').dump == nil") == "holds");
}

BOOST_AUTO_TEST_CASE(addresses_are_not_visible) {
  BOOST_TEST(run("tostring({}) == 'table' and tostring(tostring) == 'function'") == "holds");
  BOOST_TEST(run("string.format('%s %s %5.1f%%', {}, type, 2.25) == 'table function   2.2%'") ==
             "holds");
  BOOST_TEST(run("tostring(site) == 'object' and tostring(site.hosts) == 'list'") == "holds");
  BOOST_TEST(run("string.format('%-5p', 'x')") ==
             "broken: '%p' of string.format is not available in rules");
}

BOOST_AUTO_TEST_CASE(compiled_code_is_rejected) {
  BOOST_TEST(run("\x1bLua").starts_with("broken"));
}

BOOST_AUTO_TEST_CASE(exceptions_of_the_world_are_rethrown) {
  rules::engine engine{limits{}};
  rules::world broken = world.world();
  broken.value = [](std::string_view) -> boost::json::value const* {
    throw std::runtime_error("no value");
  };
  BOOST_CHECK_THROW(engine.run({.name = "rule", .check = "site.x"}, broken), std::runtime_error);
  broken = world.world();
  broken.is_secret = [](std::string_view, std::span<std::string const>) -> bool {
    throw std::runtime_error("no secret");
  };
  BOOST_CHECK_THROW(engine.run({.name = "rule", .check = "site.x"}, broken), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
