#include "engine/rules/pattern.hpp"
#include "tests/support/rule_world.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <lua5.4/lua.hpp>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <string_view>

// Lua's own functions say what is right.

// NOLINTBEGIN(performance-inefficient-string-concatenation): texts of tests

namespace {

using namespace cfgd;

struct closer {
  void operator()(lua_State* lua) const { lua_close(lua); }
};

/// string.FUNCTION(...) in a state with all of Lua's libraries, as text; "fault" for an error.
class reference {
 public:
  reference() : lua_(luaL_newstate()) { luaL_openlibs(lua_.get()); }

  std::string evaluate(std::string const& expression) {
    auto const chunk = "return (" + expression + ")";
    std::string out = "fault";
    if (luaL_dostring(lua_.get(), chunk.c_str()) == LUA_OK) {
      std::size_t length = 0;
      char const* const text = luaL_tolstring(lua_.get(), -1, &length);
      out.assign(text, length);
    }
    lua_settop(lua_.get(), 0);
    return out;
  }

 private:
  std::unique_ptr<lua_State, closer> lua_;
};

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char const c : text) {
    auto const code = std::to_string(static_cast<unsigned char>(c));
    out.append("\\").append(3 - code.size(), '0').append(code);
  }
  return out + "'";
}

/// All that a call gives, as one text.
std::string joined(std::string const& call) {
  return "(function(...) local s = '' for i = 1, select('#', ...) do "
         "s = s .. tostring((select(i, ...))) .. ';' end return s end)(" +
         call + ")";
}

std::string all_matches(std::string const& arguments) {
  return "(function() local s, n = '', 0 for a, b in string.gmatch(" + arguments +
         ") do n = n + 1 s = s .. tostring(a) .. ',' .. tostring(b) .. ';' end return s end)()";
}

std::string random_text(std::mt19937& random, std::string_view letters, std::size_t most) {
  std::string out(random() % (most + 1), ' ');
  for (char& c : out)
    c = letters[random() % letters.size()];
  return out;
}

/// A pattern that is often well formed.
std::string random_pattern(std::mt19937& random) {
  static constexpr std::array<std::string_view, 40> items{
      "a",  "b",    ".",    "%a",    "%d",    "%s",   "%w",    "%x",      "%p",     "%A",
      "%%", "[ab]", "[^a]", "[a-c]", "[%d_]", "[]]",  "[^]]",  "[a-]",    "[%a-z]", "(",
      ")",  "()",   "%1",   "%2",    "%b()",  "%bab", "%f[a]", "%f[^%w]", "*",      "+",
      "-",  "?",    "^",    "$",     "%",     "[",    "[a",    "%f",      "%b",     "%0"};
  std::string out = random() % 8 == 0 ? "^" : "";
  for (auto left = random() % 7; left > 0; --left) {
    // Faults are rarer than what is right.
    out += items[random() % (random() % 10 == 0 ? items.size() : 34)];
    if (random() % 3 == 0) out += "*+-?"[random() % 4];
  }
  return out;
}

struct fixture {
  test::rule_world world{"{}"};
  reference lua;

  /// What a rule gives: it says its value as an error.
  std::string evaluate(std::string const& expression) {
    auto const said = world.run("error('=' .. tostring((" + expression + ")), 0)");
    return said.message.starts_with('=') ? said.message.substr(1) : "fault";
  }

  void compare(std::string const& expression) {
    auto const expected = lua.evaluate(expression);
    BOOST_TEST(evaluate(expression) == expected, expression << " should be " << expected);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pattern, fixture)

BOOST_AUTO_TEST_CASE(random_patterns_match_as_in_lua) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 4000; ++round) {
    auto const subject = quoted(random_text(random, "aabbc(1_ ])", 12));
    auto const with = quoted(random_pattern(random));
    compare(joined("string.find(" + subject + ", " + with + ")"));
    compare(joined("string.match(" + subject + ", " + with + ", 2)"));
    compare(all_matches(subject + ", " + with));
    compare(joined("string.gsub(" + subject + ", " + with + ", '<%0%1>')"));
  }
}

BOOST_AUTO_TEST_CASE(classes_are_those_of_the_c_locale) {
  for (char const letter : std::string_view("acdglpsuwxACDGLPSUWXzq.-")) {
    auto const with = quoted(std::string("%") + letter);
    std::string counts = "(function() local s = '' for i = 0, 255 do "
                         "if string.find(string.char(i), " +
                         with +
                         ") then s = s .. i .. ' ' end end return #s .. s:sub(1, 200) end)()";
    compare(counts);
  }
}

BOOST_AUTO_TEST_CASE(arguments_are_those_of_lua) {
  for (std::string const call :
       {"string.find('abc', 'b', -2)",
        "string.find('abc', 'b', -20)",
        "string.find('abc', 'b', 0)",
        "string.find('abc', '', 4)",
        "string.find('abc', '', 5)",
        "string.find('abc', '')",
        "string.find('a.c', '.', 2, true)",
        "string.find('a.c', '%.', 1, true)",
        "string.find('', '')",
        "string.find('', '', 2)",
        "string.find('a\\0b', '\\0')",
        "string.find('abc', 'b', math.maxinteger)",
        "string.find('abc', 'b', math.mininteger)",
        "string.find(123, 2)",
        "string.find('abc', '^b', 2)",
        "string.find('abc', '^b', 1)",
        "string.match('key = value', '(%w+)%s*=%s*(%w+)')",
        "string.match('abc', '()b()')",
        "string.match('2024-01-02', '(%d+)-(%d+)-(%d+)')",
        "string.match('abc', 'x')",
        "string.match('abc', '', 10)",
        "string.gsub('abc', '', '-')",
        "string.gsub('abc', 'b', '%%')",
        "string.gsub('abc', 'b', '%x')",
        "string.gsub('abc', 'b', '%2')",
        "string.gsub('abc', 'b', '%')",
        "string.gsub('abc', '(b)()', '%2')",
        "string.gsub('abc', '%w', {a = 1, b = true, c = false})",
        "string.gsub('abc', '%w', {a = 'x', c = 2.5})",
        "string.gsub('abc', '%w', function(c) return c ~= 'b' and c .. c end)",
        "string.gsub('abc', '%w', function() return {} end)",
        "string.gsub('abc', '%w', 7)",
        "string.gsub('abc', '%w', 'x', 2)",
        "string.gsub('abc', '%w', 'x', 0)",
        "string.gsub('abc', '%w', 'x', -1)",
        "string.gsub('abc', '^%w', 'x')",
        "string.gsub('abc', 'b', nil)",
        "string.gsub('abc', '(', 'x')",
        "string.gsub('abc def', '%f[%w]%w', '_')",
        "string.gsub('THE (quick) fox', '%((%w+)%)', '<%1>')",
        "string.gsub('x', 'x', '%0%0%1')"})
    compare(joined(call));
  compare(all_matches("'abc', '%w', 2"));
  compare(all_matches("'abc', '%w', -1"));
  compare(all_matches("'abc', '%w', 9"));
  compare(all_matches("'abc', ''"));
  compare(all_matches("'abc', '^a'"));
  compare(all_matches("'k=v, x=y', '(%w+)=(%w+)'"));
}

BOOST_AUTO_TEST_CASE(steps_are_counted) {
  std::string const subject(1000, 'a');
  rules::pattern_match match(subject, "a-a-a-b", 5000);
  BOOST_TEST((match.at(subject.data()) == nullptr));
  BOOST_TEST(match.exhausted());
  BOOST_TEST(match.steps() == 5000U);
  rules::pattern_match enough(subject, "a+", 5000);
  BOOST_TEST((enough.at(subject.data()) == subject.data() + subject.size()));
  BOOST_TEST(!enough.exhausted());
  BOOST_TEST(enough.steps() > 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

// NOLINTEND(performance-inefficient-string-concatenation)
