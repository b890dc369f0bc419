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
    {"[a.b]\nc.d = 1\n[a]\ne = 2", R"({"a":{"b":{"c":{"d":1}},"e":2}})"},
    {"[ a b . \"c.d]\" ]\n'x=y'.z w = 1", R"({"a b":{"c.d]":{"x=y":{"z w":1}}}})"},
    {"a =\nb = \"\"\nc=\"\\u00e9\\n\"", R"({"a":"","b":"","c":"é\n"})"},
    {"a = 1 ; one\nb = #fff\nc = x = y", R"({"a":"1 ; one","b":"#fff","c":"x = y"})"},
    {"colour:dark = 1", R"({"colour:dark":1})"},
};

constexpr reading values[] = {
    {"true", "true"},
    {"false", "false"},
    {"True", R"("True")"},
    {"yes", R"("yes")"},
    {"null", R"("null")"},
    {"0", "0"},
    {"-12", "-12"},
    {"007", R"("007")"},
    {"+1", R"("+1")"},
    {"1.50", "1.5"},
    {"1e3", "1000.0"},
    {"1.", R"("1.")"},
    {".5", R"(".5")"},
    {"127.0.0.1", R"("127.0.0.1")"},
    {"12:30", R"("12:30")"},
    {"10MB", R"("10MB")"},
    {"[1, 2]", R"("[1, 2]")"},
    {"{}", R"("{}")"},
    {"\"1\"", R"("1")"},
    {"\"a\" and \"b\"", R"("\"a\" and \"b\"")"},
    {"\"open", R"("\"open")"},
    {"'a'", R"("'a'")"},
    {"9223372036854775807", "9223372036854775807"},
    {"-", R"("-")"},
    {"1e", R"("1e")"},
};

constexpr reading refusals[] = {
    {"a = 1\n b\n", "2:2 expected 'key = value', '[section]' or a comment"},
    {"a: 1", "1:1 expected 'key = value', '[section]' or a comment"},
    {"[a\nb = 1", "1:1 missing ']' after the section name"},
    {"[a] x\n", "1:5 unexpected text after the section name"},
    {"[]\n", "1:2 empty name; write \"\" if this is intended"},
    {" = 1", "1:2 empty name; write \"\" if this is intended"},
    {"a. = 1", "1:4 empty name; write \"\" if this is intended"},
    {"a..b = 1", "1:3 empty name; write \"\" if this is intended"},
    {"\"a\" b = 1", "1:5 unexpected text after a quoted name"},
    {"\"a = 1", "1:1 missing closing quote"},
    {"\"a=b\"", "1:1 missing '=' after the key"},
    {"a = 1\n\nb = 2\na = 3", "4:1 duplicate key 'a' (first at line 1)"},
    {"[s]\na = 1\n[t]\n[s]\na = 3", "5:1 duplicate key 'a' (first at line 2)"},
    {"a = 1\n[a]\n", "2:1 'a' cannot have members, it has a value (first at line 1)"},
    {"[a.b]\n[a]\nb = 1\n", "3:1 'b' cannot have a value, it has members (first at line 1)"},
    {"a = 9223372036854775808",
     "1:5 the integer is out of the range of int64; quote it to keep it as text"},
    {"é = 1e999", "1:5 the number is out of the range of a double; quote it to keep it as text"},
    {"a = \"\\x\"", "1:7 unexpected 'x'"},
    {"a = \"\\u0000\"", "1:5 U+0000, U+FFFE and U+FFFF are not allowed"},
    {"\"\\u0000\" = 1", "1:1 a name contains U+0000, U+FFFE, U+FFFF or invalid UTF-8"},
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
  BOOST_CHECK_EQUAL(read_places(format::ini, "[z.y]\nb = 1\n[a]\n  é.c = 2\n[z]\nd = 3\n"),
                    "1:1 1:1 2:1 6:1 3:1 4:3 4:3");
}

BOOST_AUTO_TEST_CASE(depth_and_elements_are_limited) {
  limits bounds;
  bounds.file_depth = 3;
  bounds.file_elements = 4;

  BOOST_CHECK_EQUAL(read(format::ini, "a.b.c = 1", bounds), R"({"a":{"b":{"c":1}}})");
  BOOST_CHECK_EQUAL(read(format::ini, "\na.b.c.d = 1", bounds), "2:1 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::ini, "[a.b.c]", bounds), "1:1 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::ini, "[a]\nb=1\nc=1\nd=1", bounds),
                    R"({"a":{"b":1,"c":1,"d":1}})");
  BOOST_CHECK_EQUAL(read(format::ini, "[a]\nb=1\nc=1\nd=1\ne=1", bounds),
                    "5:1 limit file_elements");
}

BOOST_AUTO_TEST_SUITE_END()
