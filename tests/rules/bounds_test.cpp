#include "engine/rules/rules.hpp"
#include "tests/support/rule_world.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ctime>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace cfgd;
using test::described;

std::string const no_instructions =
    "broken: takes more than 10000000 instructions (limit rule_instructions)";
std::string const no_memory = "broken: takes more than 16777216 bytes of memory (limit rule_bytes)";
std::string steps_of(std::string const& expression) {
  return "broken: takes more than 1000000 steps to search a text for '" + expression +
         "' (limit pattern_steps)";
}
/// Which limit is met first depends on the machine.
std::string const either = "either";
std::string const no_time = "broken: takes more than 500 ms of processor time";

/// Processor time of this thread: a busy machine fails no test.
double seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// What a rule does that would never end.
struct bomb {
  std::string act; ///< statements
  std::string limit;
};

std::ostream& operator<<(std::ostream& out, bomb const& what) {
  return out << what.act.substr(0, 120);
}

std::vector<bomb> const bombs{
    {"while true do end", no_instructions},
    {"::again:: goto again", no_instructions},
    {"for i = 1, math.maxinteger do end", no_instructions},
    {"local function f() return f() end return f()", either},
    {"repeat local t = {} until false", either},
    {"while true do local x = site.list[1] end", either},
    {"while true do for k, v in pairs(site) do end end", either},
    {"local t = {} for i = 1, 1e9 do t[i] = i end", no_memory},
    {"local t = {} for i = 1, 1e9 do t[i] = {} end", no_memory},
    {"local s = 'x' while true do s = s .. s end", no_memory},
    {"return ('a'):rep(1e9)", no_memory},
    {"return ('a'):rep(1 << 62)", no_memory},
    {"return ('a'):rep(1e6, ('b'):rep(1000))", no_memory},
    {"return ('a'):rep(2, ('b'):rep(1 << 40))", no_memory},
    {"return (''):rep(1 << 62)", "broken: done"},
    {"return (''):rep(1 << 62, '')", "broken: done"},
    {"local s = ('x'):rep(1e6) while true do local t = s .. 'y' end", either},
    {"local s = ('x'):rep(1e6) while true do local t = s:upper() end", either},
    {"local s = ('x'):rep(1e6) while true do local t = s:reverse() end", either},
    {"local s = ('x'):rep(1e6) while true do local t = s:find('y', 1, true) end", either},
    {"local s = ('x'):rep(1e6) while true do local t = s:sub(2) end", either},
    {"local s = ('x'):rep(1e6) while true do local t = s:byte(-1) end", either},
    {"local s = ('%'):rep(1e6) while true do local t = s:format() end", either},
    {"local s = ('x'):rep(1e6) while true do local t = ('%q'):format(s) end", either},
    {"local s = ('x'):rep(1e6) while true do local t = tonumber(s, 36) end", either},
    {"return matches(('a'):rep(40) .. '!', '^(a+)+$')", steps_of("^(a+)+$")},
    {"return matches(('a'):rep(1e6), 'a*a*a*[cd]')", steps_of("a*a*a*[cd]")},
    {"return matches(('a'):rep(3e5), '(?:a|b)*[cd]')", steps_of("(?:a|b)*[cd]")},
    {"return find(('a'):rep(3e5), '(.+)[xy]\\\\1')", steps_of("(.+)[xy]\\1")},
    {"local s = ('a'):rep(500) while true do matches(s, '(a*)*b') end", either},
    {"local s = ('a'):rep(500) while true do find(s, '(a)(a)(a)') end", either},
    {"local s = ('a'):rep(30000) while true do matches(s, '[a-f]*[a-f]c') end", either},
    {"local s = ('x'):rep(1e6) while true do matches(s, 'b') end", either},
    {"local s = ('x'):rep(1e6) for i = 1, 1e6 do find(s, 'x', i) end", either},
    {"local i = 0 while true do i = i + 1 matches('a', 'a' .. i) end", either},
    {"local i = 0 while true do i = i + 1 matches('a', ('(a|b)'):rep(180) .. i) end", either},
    {"local i = 0 while true do i = i + 1 matches('a', '(((a{9}){9}){9}){2}' .. i) end", either},
    {"return matches('a', ('a'):rep(1025))",
     "broken: a regular expression is longer than 1024 bytes"},
    {"return matches('a', '((a{100}){100}){100}')",
     "broken: '((a{100}){100}){100}' is not a valid regular expression: regular expression is too "
     "large"},
    {"return table.move({}, 1, math.maxinteger - 2, 2)", no_instructions},
    {"return table.move({}, 1, 1e12, 2, {})", either},
    {"return table.unpack({}, 1, 1e7)", no_instructions},
    {"return table.unpack({}, 1, 5e6)", "broken: too many results to unpack"},
    {"return table.unpack({}, math.mininteger, math.maxinteger)", either},
    {"return table.concat({}, ',', 1, math.maxinteger)", either},
    {"return table.concat({}, ',', 1, 5)",
     "broken: invalid value (nil) at index 1 in table for 'concat'"},
    {"local t = {} for i = 1, 1e5 do t[i] = '' end while true do table.concat(t) end", either},
    {"local t = {} for i = 1, 1e5 do t[i] = i end while true do table.insert(t, 1, 0) "
     "table.remove(t, 1) end",
     either},
    {"local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t) end", either},
    {"local t = {} for i = 1, 1e5 do t[i] = 0 end table.sort(t, function() while true do end end)",
     either},
    {"local t = {} for i = 1, 1e5 do t[i] = i end while true do select('#', table.unpack(t)) end",
     either},
    {"return ('%99999d'):format(1)", "broken: invalid conversion specification: '%99999d'"},
    {"local function f(n, ...) if n == 0 then return select('#', ...) end "
     "return f(n - 1, n, ...) end return f(200000)",
     no_time},
    {"local a, b = ('x'):rep(3e6) .. 'a', ('x'):rep(3e6) .. 'b' while true do local c = a < b end",
     no_time},
    {"local a, b = ('x'):rep(3e6) .. 'a', ('x'):rep(3e6) .. 'b' while true do local c = a == b end",
     no_time},
    {"local s = ('1'):rep(3e6) while true do local x = s + 0 end", no_time},
    {"local a, b = ('x'):rep(3e6) .. 'a', ('x'):rep(3e6) .. 'b' local t = {} "
     "for i = 1, 1e5, 2 do t[i] = a t[i + 1] = b end table.sort(t)",
     no_time},
    {"local t = {} for i = 1, 1e5 do t[i] = {} end "
     "while true do local s = ('x'):rep(8e6) end",
     either},
    {"local t = {} for i = 1, (1 << 17) - 1 do t['k' .. i] = i end "
     "for i = 1, 1e9 do t.x = 1 t.x = nil t.y = 1 t.y = nil end",
     either},
};

struct fixture {
  test::rule_world world{R"({"site": {"list": [1, 2, 3], "a": 1, "b": {"c": 2}}})"};

  std::string run(std::string check, limits const& bounds = {}) {
    return described(world.run(std::move(check), bounds));
  }
};

std::string repeated(std::string const& text, std::size_t times) {
  std::string out;
  for (std::size_t at = 0; at < times; ++at)
    out += text;
  return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(bounds, fixture)

BOOST_DATA_TEST_CASE(every_run_ends, bombs, made) {
  auto const before = seconds();
  auto const said = run("(function() " + made.act + " end)() and error('done')");
  auto const took = seconds() - before;
  if (made.limit == either)
    BOOST_TEST((said == no_instructions || said == no_time), said);
  else
    BOOST_TEST(said == made.limit);
  BOOST_TEST(took < 3.0); // far more than was seen with sanitizers
  BOOST_TEST_MESSAGE(took << " s");
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  BOOST_TEST(run(repeated("(", 8000) + "1" + repeated(")", 8000)).starts_with("broken: "));
  BOOST_TEST(run(repeated("not ", 4000) + "1").starts_with("broken: "));
  BOOST_TEST(run(repeated("{", 8000) + repeated("}", 8000)).starts_with("broken: "));
  BOOST_TEST(run(repeated("1 .. ", 3000) + "1").starts_with("broken: "));
  BOOST_TEST(run(repeated("2 ^ ", 4000) + "1").starts_with("broken: "));
  BOOST_TEST(run("1" + repeated(" + 1", 4000) + " == 4001") == "holds");
  BOOST_TEST(run("(function() local function f(n) return 1 + f(n + 1) end return f(0) end)()")
                 .starts_with("broken: "));
  BOOST_TEST(run("(function() local t = {1, 2, 3} local function f() table.sort(t, f) end "
                 "return f() end)()")
                 .starts_with("broken: "));
  BOOST_TEST(run("matches('a', ('('):rep(400) .. 'a' .. (')'):rep(400))")
                 .ends_with("parentheses are too deeply nested"));
}

BOOST_AUTO_TEST_CASE(limits_are_taken_from_the_argument) {
  limits few;
  few.rule_instructions = 1000;
  BOOST_TEST(run("(function() for i = 1, 1e5 do end end)()", few) ==
             "broken: takes more than 1000 instructions (limit rule_instructions)");
  few = {};
  few.pattern_steps = 1000;
  BOOST_TEST(run("matches(('a'):rep(600), '(a|b)*[cd]')", few) ==
             "broken: takes more than 1000 steps to search a text for '(a|b)*[cd]' (limit "
             "pattern_steps)");
  limits small;
  small.rule_bytes = 100'000;
  BOOST_TEST(run("('x'):rep(200000)", small) ==
             "broken: takes more than 100000 bytes of memory (limit rule_bytes)");
  small.rule_bytes = 100;
  BOOST_TEST(run("true", small) ==
             "broken: takes more than 100 bytes of memory (limit rule_bytes)");
}

BOOST_AUTO_TEST_CASE(every_failed_allocation_is_handled) {
  std::string const check =
      "(function() local t = {site.list, site.b} for i = 1, 20 do t[#t + 1] = tostring(i) end "
      "return select(3, find('x,y', '(x)')) .. table.concat(site.list) .. ('a'):rep(500) end)() ~= "
      "''";
  limits bounds;
  std::size_t broken = 0;
  for (bounds.rule_bytes = 0; bounds.rule_bytes < 60'000; bounds.rule_bytes += 64) {
    auto const said = run(check, bounds);
    if (said == "holds") continue;
    ++broken;
    BOOST_TEST(said == "broken: takes more than " + std::to_string(bounds.rule_bytes) +
                           " bytes of memory (limit rule_bytes)");
  }
  BOOST_TEST(broken > 100U);
  BOOST_TEST(run(check, bounds) == "holds");
}

BOOST_AUTO_TEST_CASE(garbage_is_collected_before_memory_is_full) {
  // 30 MB through a heap of 16: a sanitizer makes each byte slow, and time is not what this is
  // about.
  BOOST_TEST(run("(function() local x = ('x'):rep(100000) for i = 1, 300 do local s = x .. i end "
                 "return true end)()") == "holds");
}

BOOST_AUTO_TEST_SUITE_END()
