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
    {"&n a: 1\nb: *n\n*n : 2\n", "3:1 duplicate key 'a' (first at line 1); remove one of them"},
    {"a: &x 1\nb: &x 2\nc: *x\n", R"({"a":1,"b":2,"c":2})"},
    {"\"<<\": 1\n", R"({"<<":1})"},
    {"a: [1, ~]\nb:\n  - 1\n  -\n", R"({"a":[1,null],"b":[1,null]})"},
    {"a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n", R"({"a":{"b":1,"c":2},"d":{"b":1,"c":3}})"},
    {"d: {c: 3, <<: {b: 1, c: 2}}\n", R"({"d":{"c":3,"b":1}})"},
    {"a: &x {b: 1}\ne: &y {b: 2, f: 3}\nd: {<<: [*x, *y], g: 4}\n",
     R"({"a":{"b":1},"e":{"b":2,"f":3},"d":{"b":1,"f":3,"g":4}})"},
    {"a: &x {b: 1}\nc: &y {<<: *x, d: 2}\ne: [{<<: *y}]\n",
     R"({"a":{"b":1},"c":{"b":1,"d":2},"e":[{"b":1,"d":2}]})"},
    {"a: &x {b: {<<: {c: 1}}}\nd: {<<: *x, b: 1}\n", R"({"a":{"b":{"c":1}},"d":{"b":1}})"},
    {"a: &x {\"<<\": 1}\nb: {<<: *x}\n", R"({"a":{"<<":1},"b":{"<<":1}})"},
    {"a: &x {b: ~}\nc: {<<: *x}\n", R"({"a":{"b":null},"c":{"b":null}})"},
    {"%YAML 1.1\n---\na: no\n", R"({"a":"no"})"},
    {"a: b?c\nd: [e?]\n? f\n: g\n", R"({"a":"b?c","d":["e?"],"f":"g"})"},
    {"a: &x-1 !!str 1\nb: !!str &y 2\nc: [*x-1, *y]\n", R"({"a":"1","b":"2","c":["1","2"]})"},
    {"é: [ü, {? ö : 1}]\n", R"({"é":["ü",{"ö":1}]})"},
    {"a: |\n  x\n ", R"({"a":"x\n"})"},
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
    {"a: 1\nb: 2\na: 3\n", "3:1 duplicate key 'a' (first at line 1); remove one of them"},
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
    {"c:\n  <<: 1\n",
     "2:3 the merge key '<<' wants a mapping or a list of mappings; quote it if it is a name"},
    {"a: &x [b]\nc:\n  <<: *x\n",
     "3:3 the merge key '<<' wants a mapping or a list of mappings; quote it if it is a name"},
    {"a: &x {b: 1}\nc:\n  <<: *x\n  <<: *x\n",
     "4:3 duplicate key '<<' (first at line 3); remove one of them"},
    {"a: &x {<<: *x}\n", "1:12 the alias 'x' refers to a node that contains it"},
    {"a:\n  { ?foo: bar,\nbar: 42\n}\n",
     "2:5 a '?' that begins a text is not supported here; quote the text, or put a blank after a "
     "'?' that begins a key"},
    {"é: [ü, ?x]\n", "1:8 a '?' that begins a text is not supported here; quote the text, or put a "
                     "blank after a '?' that begins a key"},
    {"- |+\n   ", "2:1 the last line of a block scalar has only blanks and no end of line; remove "
                  "it or end it"},
    {"foo: |\n  x\n   ", "3:1 the last line of a block scalar has only blanks and no end of line; "
                         "remove it or end it"},
    {"key: &an:chor value\n", "1:9 the name of an anchor may have letters, digits, '-' and '_' "
                              "only; put a blank after it"},
    {"a: !!str\n  &an?x y\n", "2:6 the name of an anchor may have letters, digits, '-' and '_' "
                              "only; put a blank after it"},
    {"a: &b 1\nc: [*b:]\n", "2:7 the name of an alias may have letters, digits, '-' and '_' only; "
                            "put a blank after it"},
    {"a: !vault x\n", "1:4 unknown tag '!vault'"},
    {"a: !!set {x}\n", "1:4 unknown tag 'tag:yaml.org,2002:set'"},
    {"a: !!int x\n", "1:4 the value does not fit its tag !!int"},
    {"a: !!binary aGk=\n", "1:4 unknown tag 'tag:yaml.org,2002:binary'"},
    {"a: 1\n---\nb: 2\n", "2:1 a second document; a source must have one document"},
    {"a: 1\n---\n", "2:1 a second document; a source must have one document"},
    {"a: \"x\\0\"\n", "1:1 a string contains U+0000; remove it"},
    {"a: \"open\n", "2:1 found unexpected end of stream while scanning a quoted scalar"},
    {"a:\n  [1,\n  - 2\n", "3:3 '-' inside '[' opened at 2:3; is ']' missing?"},
    {"a: [1, , 2]\n", "1:8 ',' inside '[' opened at 1:4; is a value missing before it?"},
    {"a: [1,\n", "2:1 the text ends inside '[' opened at 1:4; is ']' missing?"},
    {"a: {b: 1\nc: 2}\n", "2:2 ':' inside '{' opened at 1:4; is ',' or '}' missing?"},
    {"é: &x [x: y, {b: -\n", "1:18 '-' inside '{' opened at 1:14; is '}' missing?"},
    {"a: [x: é}\n", "1:9 '}' inside '[' opened at 1:4; is ',' or ']' missing?"},
    {"a: &x [1\n  y: z", "2:4 ':' inside '[' opened at 1:7; is ',' or ']' missing?"},
    {"a: [1]\nb: [{c: 2}\n", "3:1 the text ends inside '[' opened at 2:4; is ']' missing?"},
    {"a:\n\t- b\n",
     "2:1 found character that cannot start any token while scanning for the next token"},
    {"é: \x01", "1:4 control characters are not allowed"},
};

constexpr reading places[] = {
    {"a: 1\né:\n  - x\n  - - y\n  - k: v\nz: {q: [1, 2]}\n",
     "1:1 2:1 3:5 4:5 4:7 5:5 5:5 6:1 6:5 6:9 6:12"},
    {"a: &x\n  b: [1]\nc: *x\n", "1:1 2:3 2:7 3:1 2:3 2:7"},
    {"a: &x\n  b: [1]\n  c: 2\nd:\n  c: 3\n  <<: *x\n  e: 4\n",
     "1:1 2:3 2:7 3:3 4:1 5:3 2:3 2:7 7:3"},
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

BOOST_AUTO_TEST_CASE(merge_keys_are_counted_as_aliases_before_they_are_applied) {
  std::string text = "a0: &a0 {k0: 1, k1: 1, k2: 1, k3: 1, k4: 1, k5: 1, k6: 1, k7: 1}\n";
  for (int level = 1; level < 10; ++level) {
    auto const below = "{<<: *a" + std::to_string(level - 1) + "}";
    auto const name = "a" + std::to_string(level);
    text += name + ": &" + name + " {x: " + below + ", y: " + below + ", z: " + below +
            ", u: " + below + ", v: " + below + ", w: " + below + "}\n";
  }

  BOOST_CHECK(read(format::yaml, text).ends_with("limit file_elements"));
  limits bounds;
  bounds.file_depth = 3;
  BOOST_CHECK_EQUAL(read(format::yaml, "a: {b: {c: 1}}\n", bounds), R"({"a":{"b":{"c":1}}})");
  BOOST_CHECK_EQUAL(read(format::yaml, "a: {b: {<<: {c: 1}}}\n", bounds), "1:13 limit file_depth");
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
