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
    {"# nothing\r\n\r\n", "{}"},
    {"B=1\r\nexport A=x\r\n", R"({"b":1,"a":"x"})"},
    {"FEATURE_FLAGS__NEW=true\nfeature_flags__old=false\n",
     R"({"feature_flags":{"new":true,"old":false}})"},
    {"  export\tA = 1 \n", R"({"a":1})"},
    {"export=1\nEXPORTS=2", R"({"export":1,"exports":2})"},
    {"A___B=1", R"({"a":{"_b":1}})"},
};

constexpr reading values[] = {
    {"", R"("")"},
    {"x y", R"("x y")"},
    {"12", "12"},
    {"null", "null"},
    {"[1, \"a #b\"]", R"([1,"a #b"])"},
    {"{\"k\": 1} # c", R"({"k":1})"},
    {"x # c", R"("x")"},
    {"x#c", R"("x#c")"},
    {"# c", R"("")"},
    {"12 #c", "12"},
    {"1.10", R"("1.10")"},
    {"00123", R"("00123")"},
    {"+1", R"("+1")"},
    {"1e400", R"("1e400")"},
    {"True", R"("True")"},
    {"[null]", "[null]"},
    {"\"one\r\n  two\n\nthree\" # c", R"("one\n  two\n\nthree")"},
    {"'12'", R"("12")"},
    {"'a \"b\" \\n $x'", R"("a \"b\" \\n $x")"},
    {"\"12\"", R"("12")"},
    {R"("a\n\t\"\\\$b")", R"("a\n\t\"\\$b")"},
    {"'x' # c", R"("x")"},
    {"$HOME", R"("$HOME")"},
    {"18446744073709551616", R"("18446744073709551616")"},
    {"it's", R"("it's")"},
    {"[1", R"("[1")"},
    {"''", R"("")"},
};

constexpr reading refusals[] = {
    {"A=1\nB\n", "2:2 expected NAME=value; a name has letters, digits and '_'"},
    {"A-B=1", "1:2 expected NAME=value; a name has letters, digits and '_'"},
    {"=1", "1:1 a part of the name is empty ('__' separates parts)"},
    {"A____B=1", "1:1 a part of the name is empty ('__' separates parts)"},
    {"__A=1", "1:1 a part of the name is empty ('__' separates parts)"},
    {"A='x", "1:3 missing closing quote"},
    {"A=1\nB=2\rC=3\r", "2:4 carriage return inside of a line; write LF or CR LF ends"},
    {"A=\"x\\\"", "1:3 missing closing quote"},
    {"A=\"x\n\ny\nB=1", "1:3 missing closing quote"},
    {"A=\"x\ny\" z", "2:4 unexpected text after the closing quote"},
    {"A=\"x\ny\\q\"", R"(2:2 unknown escape; valid are \n \t \" \\ \$ \`)"},
    {"A='x'y", "1:6 unexpected text after the closing quote"},
    {R"(A="\x")", R"(1:4 unknown escape; valid are \n \t \" \\ \$ \`)"},
    {"A=1\na=2", "2:1 duplicate key 'a' (first at line 1); remove one of them"},
    {"A=1\nA__B=2", "2:1 'a' cannot have members, it has a value (first at line 1)"},
    {"A__B=1\n\nA={}", "3:1 'a' cannot have a value, it has members (first at line 1)"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(read_env)

BOOST_AUTO_TEST_CASE(names_are_members_in_lower_case) { check_readings(format::env, documents); }

BOOST_AUTO_TEST_CASE(values_are_json_or_text_and_text_in_quotes) {
  check_values(format::env, "A=", values);
}

BOOST_AUTO_TEST_CASE(faults_are_reported_with_their_place) {
  check_readings(format::env, refusals);
}

BOOST_AUTO_TEST_CASE(every_name_and_element_has_its_place) {
  BOOST_CHECK_EQUAL(read_places(format::env, "A__B=1\n export C=[1,{\"d\":2}]\nA__E=2"),
                    "1:1 1:1 3:1 2:9 2:9 2:9 2:9");
}

BOOST_AUTO_TEST_CASE(nested_elements_are_counted) {
  limits bounds;
  bounds.file_depth = 3;
  bounds.file_elements = 4;

  BOOST_CHECK_EQUAL(read(format::env, "A__B=[1,2]", bounds), R"({"a":{"b":[1,2]}})");
  BOOST_CHECK_EQUAL(read(format::env, "A__B=[[]]", bounds), "1:1 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::env, "A__B=[1,2,3]", bounds), "1:1 limit file_elements");
}

BOOST_AUTO_TEST_SUITE_END()
