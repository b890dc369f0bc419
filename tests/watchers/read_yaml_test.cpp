#include "tests/support/reading.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace cfgd;
using test::check_places;
using test::check_readings;
using test::check_values;
using test::read;
using test::reading;
using test::repeat;

constexpr reading documents[] = {
    {"", "{}"},
    {"# nothing\n", "{}"},
    {"---\n...\n", "{}"},
    {"b: 1\r\na: x\r\n", R"({"b":1,"a":"x"})"},
    {"a: {b: [1, two, 3.0]}\n", R"({"a":{"b":[1,"two",3.0]}})"},
    {"a:\n  - b: 1\n    c: 2\n  - []\n", R"({"a":[{"b":1,"c":2},[]]})"},
    {"{\"a\": [1, true, \"x\"]}", R"({"a":[1,true,"x"]})"},
    {"a: |\n  one\n  two\n", R"({"a":"one\ntwo\n"})"},
    {"1: a\ntrue: b\nnull: c\n", R"({"1":"a","true":"b","null":"c"})"},
    {"a: &x {k: [1, 2]}\nb: *x\nc: [*x]\n",
     R"({"a":{"k":[1,2]},"b":{"k":[1,2]},"c":[{"k":[1,2]}]})"},
    {"&n a: 1\nb: *n\n*n : 2\n", "3:1 duplicate key 'a' (first at line 1)"},
    {"a: &x 1\nb: &x 2\nc: *x\n", R"({"a":1,"b":2,"c":2})"},
    {"\"<<\": 1\n", R"({"<<":1})"},
};

constexpr reading scalars[] = {
    {"null", "null"},
    {"~", "null"},
    {"Null", "null"},
    {"", "null"},
    {"nUll", R"("nUll")"},
    {"true", "true"},
    {"False", "false"},
    {"TRUE", "true"},
    {"tRUE", R"("tRUE")"},
    {"yes", R"("yes")"},
    {"no", R"("no")"},
    {"on", R"("on")"},
    {"off", R"("off")"},
    {"y", R"("y")"},
    {"0", "0"},
    {"-0", "0"},
    {"+12", "12"},
    {"0777", "777"},
    {"0o777", "511"},
    {"0xfF", "255"},
    {"-0x1", R"("-0x1")"},
    {"0o8", R"("0o8")"},
    {"0b1", R"("0b1")"},
    {"1_000", R"("1_000")"},
    {"9223372036854775807", "9223372036854775807"},
    {"-9223372036854775808", "-9223372036854775808"},
    {"1.5", "1.5"},
    {".5", "0.5"},
    {"1.", "1.0"},
    {"-1e3", "-1000.0"},
    {"+1E+2", "100.0"},
    {"0.1234567890123456789", "0.12345678901234568"},
    {".", R"(".")"},
    {"e3", R"("e3")"},
    {"1e", R"("1e")"},
    {"1.2.3", R"("1.2.3")"},
    {"12:30:45", R"("12:30:45")"},
    {"2024-01-01", R"("2024-01-01")"},
    {"+", R"("+")"},
    {"'1'", R"("1")"},
    {"\"true\"", R"("true")"},
    {"''", R"("")"},
    {"+.nan", R"("+.nan")"},
    {"!!str 1", R"("1")"},
    {"! 1", R"("1")"},
    {"!!int '7'", "7"},
    {"!!float 1", "1.0"},
    {"!!bool 'true'", "true"},
    {"!!null ''", "null"},
    {"!!str", R"("")"},
    {"!!map {}", "{}"},
    {"!!seq []", "[]"},
};

constexpr reading refusals[] = {
    {"- a\n", "1:1 a source must be an object, but this is a list"},
    {"text", "1:1 a source must be an object, but this is a string"},
    {"a: 1\nb: 2\na: 3\n", "3:1 duplicate key 'a' (first at line 1)"},
    {"a: [1, ~]\n",
     "1:8 null in a list; only a member of an object may be null, which removes the key"},
    {"a:\n  - 1\n  -\n",
     "3:4 null in a list; only a member of an object may be null, which removes the key"},
    {"a: .inf\n", "1:4 infinity and NaN are not JSON numbers; quote them to keep them as text"},
    {"a: .NaN\n", "1:4 infinity and NaN are not JSON numbers; quote them to keep them as text"},
    {"a: 9223372036854775808",
     "1:4 the integer is out of the range of int64; quote it to keep it as text"},
    {"a: 1e999", "1:4 the number is out of the range of a double; quote it to keep it as text"},
    {"a: *b\n", "1:4 unknown alias 'b'"},
    {"a: &b [*b]\n", "1:8 the alias 'b' refers to a node that contains it"},
    {"a: &b {c: {d: *b}}\n", "1:15 the alias 'b' refers to a node that contains it"},
    {"[1]: 2\n", "1:1 a name must be a scalar"},
    {"? {a: 1}\n: 2\n", "1:3 a name must be a scalar"},
    {"a: &x 1\n*x : 2\n", "2:1 a name must be a string"},
    {"a: &x {b: 1}\nc:\n  <<: *x\n",
     "3:3 the merge key '<<' is not supported; quote it if it is a name"},
    {"a: !vault x\n", "1:4 unknown tag '!vault'"},
    {"a: !!set {x}\n", "1:4 unknown tag 'tag:yaml.org,2002:set'"},
    {"a: !!int x\n", "1:4 the value does not fit its tag !!int"},
    {"a: !!binary aGk=\n", "1:4 unknown tag 'tag:yaml.org,2002:binary'"},
    {"a: 1\n---\nb: 2\n", "2:1 a second document; a source must have one document"},
    {"a: 1\n---\n", "2:1 a second document; a source must have one document"},
    {"a: \"x\\0\"\n", "1:1 a string contains U+0000, U+FFFE, U+FFFF or invalid UTF-8"},
    {"a: \"open\n", "2:1 found unexpected end of stream while scanning a quoted scalar"},
    {"a:\n\t- b\n",
     "2:1 found character that cannot start any token while scanning for the next token"},
    {"é: \x01", "1:4 control characters are not allowed"},
};

constexpr reading places[] = {
    {"a: 1\né:\n  - x\n  - - y\n  - k: v\nz: {q: [1, 2]}\n",
     "1:1 2:1 3:5 4:5 4:7 5:5 5:5 6:1 6:5 6:9 6:12"},
    {"a: &x\n  b: [1]\nc: *x\n", "1:1 2:3 2:7 3:1 2:3 2:7"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(read_yaml)

BOOST_AUTO_TEST_CASE(reads_values_in_the_order_of_the_text) {
  check_readings(format::yaml, documents);
}

BOOST_AUTO_TEST_CASE(scalars_have_the_types_of_the_core_schema) {
  check_values(format::yaml, "a: ", scalars);
}

BOOST_AUTO_TEST_CASE(faults_are_reported_with_their_place) {
  check_readings(format::yaml, refusals);
}

BOOST_AUTO_TEST_CASE(every_name_and_element_has_its_place) { check_places(format::yaml, places); }

BOOST_AUTO_TEST_CASE(depth_is_limited_also_through_aliases) {
  limits bounds;
  bounds.file_depth = 4;

  BOOST_CHECK_EQUAL(read(format::yaml, "a: [[[]]]", bounds), R"({"a":[[[]]]})");
  BOOST_CHECK_EQUAL(read(format::yaml, "a: [[[[]]]]", bounds), "1:7 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::yaml, "a: &x [[]]\nb: [*x]", bounds), R"({"a":[[]],"b":[[[]]]})");
  BOOST_CHECK_EQUAL(read(format::yaml, "a: &x [[]]\nb: [[*x]]", bounds), "2:6 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::yaml, "a: &x [[]]\nb: &y [*x]\nc: [*y]", bounds),
                    "3:5 limit file_depth");
}

BOOST_AUTO_TEST_CASE(elements_up_to_the_limit_are_read) {
  limits bounds;
  bounds.file_elements = 6;

  BOOST_CHECK_EQUAL(read(format::yaml, "a: [1, 2, 3, 4, 5]", bounds), R"({"a":[1,2,3,4,5]})");
  BOOST_CHECK_EQUAL(read(format::yaml, "a: [1, 2, 3, 4, 5, 6]", bounds),
                    "1:20 limit file_elements");
  BOOST_CHECK_EQUAL(read(format::yaml, "a: &x [1, 2]\nb: *x", bounds), R"({"a":[1,2],"b":[1,2]})");
  BOOST_CHECK_EQUAL(read(format::yaml, "a: &x [1, 2]\nb: [*x]", bounds), "2:5 limit file_elements");
}

BOOST_AUTO_TEST_CASE(billion_laughs_are_rejected_before_they_are_copied) {
  std::string text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int level = 1; level < 10; ++level) {
    auto const below = "*a" + std::to_string(level - 1);
    auto const name = "a" + std::to_string(level);
    text.append(name).append(": &").append(name).append(" [").append(below);
    text.append(repeat(", " + below, 9)).append("]\n");
  }

  BOOST_CHECK_EQUAL(read(format::yaml, text), "5:45 limit file_elements");
}

BOOST_AUTO_TEST_CASE(bytes_that_aliases_copy_are_limited) {
  auto const text = "a: &a " + repeat("x", 1'000'000) + "\nb: [*a" + repeat(",*a", 9) + "]\n";

  BOOST_CHECK_EQUAL(read(format::yaml, text), "2:17 limit file_bytes");
}

BOOST_AUTO_TEST_CASE(bombs_are_rejected) {
  BOOST_CHECK_EQUAL(read(format::yaml, "a: " + repeat("[", 2'000'000)), "1:67 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::yaml, repeat("{a: ", 1'000'000)), "1:257 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::yaml, repeat("- ", 2'000'000)), "1:129 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::yaml, repeat("? ", 2'000'000)), "1:3 a name must be a scalar");
  BOOST_CHECK_EQUAL(read(format::yaml, repeat("%TAG !a! b\n", 300'000)),
                    "65:1 too many %TAG directives");
}

BOOST_AUTO_TEST_SUITE_END()
