#include "tests/support/reading.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cfgd;
using test::check_readings;
using test::check_values;
using test::read;
using test::read_places;
using test::reading;

constexpr reading documents[] = {
    {"", "{}"},
    {"; nothing\r\n  # at all\r\n\r\n", "{}"},
    {"b = 1\r\na = x y \r\n", R"({"b":1,"a":"x y"})"},
    {"[z]\nb=1\n[a]\nc=2\n[z]\nd=3\n", R"({"z":{"b":1,"d":3},"a":{"c":2}})"},
    {"[empty]\n", R"({"empty":{}})"},
    {"[a.b]\nc.d = 1\n[a]\ne = 2", R"({"a":{"b":{"c.d":1},"e":2}})"},
    {"; cfgd: dots-nest\n[a.b]\nc.d = 1\n[a]\ne = 2", R"({"a":{"b":{"c":{"d":1}},"e":2}})"},
    {"# cfgd: dots-nest\n'x=y'.z w = 1", R"({"x=y":{"z w":1}})"},
    {"a.b = 1\n; cfgd: dots-nest\nc.d = 1", R"({"a.b":1,"c.d":1})"},
    {"[ a b . \"c.d]\" ]\n'x=y' = 1", R"({"a b":{"c.d]":{"x=y":1}}})"},
    {"[remote \"o.e\"] ; one\n[a.b \"c\"]\n", R"({"remote":{"o.e":{}},"a":{"b":{"c":{}}}})"},
    {"a =\nb = \"\"\nc=\"\\u00e9\\n\"", R"({"a":"","b":"","c":"é\n"})"},
    {"a = 1 ; one\nb = #fff\nc = x = y", R"({"a":"1 ; one","b":"#fff","c":"x = y"})"},
    {"colour:dark = 1", R"({"colour":"dark = 1"})"},
    {"a: 1\n'b:c' : 2\nd=e:f", R"({"a":1,"b:c":2,"d":"e:f"})"},
    {"a = 'x;y' ; z\nb = \"x\"#y", R"({"a":"x;y","b":"x"})"},
    {"a = 1\n b\n\n   # no\n\tc = d\ne = 2", R"({"a":"1\nb\n\nc = d","e":2})"},
    {"a =\n\n  1\n\n[s]\n  b = 1\n  c = 2\n", R"({"a":1,"s":{"b":1,"c":2}})"},
    {"a. = 1\nb..c = 2", R"({"a.":1,"b..c":2})"},
};

constexpr reading values[] = {
    {"true", "true"},
    {"false", "false"},
    {"True", R"("True")"},
    {"yes", R"("yes")"},
    {"null", "null"},
    {"0", "0"},
    {"-12", "-12"},
    {"007", R"("007")"},
    {"+1", R"("+1")"},
    {"1.50", R"("1.50")"},
    {"1.5", "1.5"},
    {"1e3", R"("1e3")"},
    {"1000.0", "1000.0"},
    {"-0", R"("-0")"},
    {"1.", R"("1.")"},
    {".5", R"(".5")"},
    {"127.0.0.1", R"("127.0.0.1")"},
    {"12:30", R"("12:30")"},
    {"10MB", R"("10MB")"},
    {"[1, 2]", R"("[1, 2]")"},
    {"{}", R"("{}")"},
    {"\"1\"", R"("1")"},
    {"'a'", R"("a")"},
    {"'C:\\q'", R"("C:\\q")"},
    {"9223372036854775807", "9223372036854775807"},
    {"9223372036854775808", R"("9223372036854775808")"},
    {"1e999", R"("1e999")"},
    {"-", R"("-")"},
    {"1e", R"("1e")"},
};

constexpr reading refusals[] = {
    {"[a]\n b\n", "2:2 expected 'key = value', '[section]' or a comment; indent the line if it "
                  "continues a value"},
    {"requests>=2.0",
     "1:9 unexpected > in a name; put the name in quotes, or indent the line if it "
     "continues a value"},
    {"it's = 1", "1:3 unexpected ' in a name; put the name in quotes, or indent the line if it "
                 "continues a value"},
    {"a = \"1\"\n  b",
     "2:3 a value in quotes ends in its line; a line that is indented deeper than "
     "a key continues its value"},
    {"a = \"a\" and \"b\"", "1:9 unexpected text after the closing quote"},
    {"a = \"open", "1:5 missing closing quote"},
    {"[a\nb = 1", "1:1 missing ']' after the section name"},
    {"[a] x\n", "1:5 unexpected text after the section name"},
    {"[]\n", "1:2 empty name; write \"\" if this is intended"},
    {" = 1", "1:2 empty name; write \"\" if this is intended"},
    {"[a.]\n", "1:4 empty name; write \"\" if this is intended"},
    {"[a..b]\n", "1:4 empty name; write \"\" if this is intended"},
    {"\"a\" b = 1", "1:5 unexpected text after a quoted name"},
    {"\"a = 1", "1:1 missing closing quote"},
    {"\"a=b\"", "1:1 missing '=' after the key"},
    {"a = 1\n\nb = 2\na = 3", "4:1 duplicate key 'a' (first at line 1); remove one of them"},
    {"[s]\na = 1\n[t]\n[s]\na = 3", "5:1 duplicate key 'a' (first at line 2); remove one of them"},
    {"a = 1\n[a]\n", "2:1 'a' cannot have members, it has a value (first at line 1)"},
    {"[a.b]\n[a]\nb = 1\n", "3:1 'b' cannot have a value, it has members (first at line 1)"},
    {"a = \"\\x\"",
     "1:7 unknown escape in double quotes; write \\\\ for a backslash, or use single "
     "quotes"},
    {"a = \"\\u0000\"", "1:5 a string contains U+0000; remove it"},
    {"a = 1\rb = 2\r", "1:6 carriage return inside of a line; write LF or CR LF ends"},
    {"a = 1\r\nb = 2\r\r\n", "2:6 carriage return inside of a line; write LF or CR LF ends"},
    {"\"\\u0000\" = 1", "1:1 a name contains U+0000; remove it"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(read_ini)

BOOST_AUTO_TEST_CASE(sections_and_dotted_names_are_objects) {
  check_readings(format::ini, documents);
}

BOOST_AUTO_TEST_CASE(values_are_json_or_text) { check_values(format::ini, "a =  ", values, "\t"); }

BOOST_AUTO_TEST_CASE(faults_are_reported_with_their_place) {
  check_readings(format::ini, refusals);
}

BOOST_AUTO_TEST_CASE(every_name_has_its_place) {
  BOOST_CHECK_EQUAL(read_places(format::ini, "[z.y]\nb = 1\n[a]\n  é = 2\n[z]\nd = 3\n"),
                    "1:1 1:1 2:1 6:1 3:1 4:3");
}

BOOST_AUTO_TEST_CASE(depth_and_elements_are_limited) {
  limits bounds;
  bounds.file_depth = 3;
  bounds.file_elements = 4;

  BOOST_CHECK_EQUAL(read(format::ini, "[a.b]\nc = 1", bounds), R"({"a":{"b":{"c":1}}})");
  BOOST_CHECK_EQUAL(read(format::ini, "#cfgd: dots-nest\na.b.c.d = 1", bounds),
                    "2:1 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::ini, "[a.b.c]", bounds), "1:1 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::ini, "[a]\nb=1\nc=1\nd=1", bounds),
                    R"({"a":{"b":1,"c":1,"d":1}})");
  BOOST_CHECK_EQUAL(read(format::ini, "[a]\nb=1\nc=1\nd=1\ne=1", bounds),
                    "5:1 limit file_elements");
}

BOOST_AUTO_TEST_CASE(a_repeated_key_is_an_array_in_a_source_of_a_namespace) {
  source_id const file{.where = layer::admin, .relative = "site.ini"};

  auto const document = watchers::read_source(file, "[s]\na = 1\nb = x\na = 1.10\na =\n", limits{});

  BOOST_REQUIRE(document);
  BOOST_CHECK_EQUAL(json::canonical(document->root), R"({"s":{"a":[1,"1.10",""],"b":"x"}})");
  std::vector<place> const expected{{1, 1}, {2, 1}, {2, 1}, {4, 1}, {5, 1}, {3, 1}};
  BOOST_CHECK(document->places == expected);
}

BOOST_AUTO_TEST_CASE(repeated_values_count_as_elements) {
  limits bounds;
  bounds.file_elements = 4;
  source_id const file{.where = layer::admin, .relative = "site.ini"};

  BOOST_CHECK(watchers::read_source(file, "a=1\na=1\na=1\n", bounds));
  auto const refused = watchers::read_source(file, "a=1\na=1\na=1\na=1\n", bounds);
  BOOST_REQUIRE(!refused);
  BOOST_CHECK_EQUAL(refused.error().subject, "file_elements");
}

BOOST_AUTO_TEST_SUITE_END()
