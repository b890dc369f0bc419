#include "tests/support/reading.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace {

using namespace cfgd;
using test::check_places;
using test::check_readings;
using test::read;
using test::reading;
using test::repeat;

constexpr reading documents[] = {
    {"", "{}"},
    {"# nothing\r\n", "{}"},
    {"b = 1\na = 'x'\n", R"({"b":1,"a":"x"})"},
    {"[z]\nb = 1\n[a.c]\nd = true\n[a]\ne = 1.0\n",
     R"({"z":{"b":1},"a":{"c":{"d":true},"e":1.0}})"},
    {"a.b.c = 1\na.b.\"d.e\" = 2\n", R"({"a":{"b":{"c":1,"d.e":2}}})"},
    {"[[p]]\nn = 1\n[[p]]\nn = 2\n", R"({"p":[{"n":1},{"n":2}]})"},
    {"a = [1, 'x', [true, 2.5], {b = 1}]", R"({"a":[1,"x",[true,2.5],{"b":1}]})"},
    {"a = 0x7FFFFFFFFFFFFFFF\nb = -9223372036854775808\nc = 1_000\nd = 0b11",
     R"({"a":9223372036854775807,"b":-9223372036854775808,"c":1000,"d":3})"},
    {"a = 1e3\nb = 0.1234567890123456789", R"({"a":1000.0,"b":0.12345678901234568})"},
    {"a = 1979-05-27 07:32:00.500z # late\nb = 1979-05-27T00:32:00-07:00",
     R"({"a":"1979-05-27T07:32:00.500Z","b":"1979-05-27T00:32:00-07:00"})"},
    {"a = 1979-05-27t07:32:00\nb = 1979-05-27\nc = [07:32:00, 12:00:00.10]",
     R"({"a":"1979-05-27T07:32:00","b":"1979-05-27","c":["07:32:00","12:00:00.10"]})"},
    {"é1 = 1", "1:1 expected a key, a table or a comment, not 'é'"},
    {"'é' = ['ö', 2000-01-01]", R"({"é":["ö","2000-01-01"]})"},
    {"a = \"\"\"\n[[[[\\\"\"\"\"\"\nb = '''''''\nc = 1", R"({"a":"[[[[\"\"","b":"'","c":1})"},
};

constexpr reading refusals[] = {
    {"a = 1\na = 2\n", "2:1 duplicate key 'a'; remove one of them"},
    {"[a]\n[a]\n", "2:1 the table 'a' is defined already; remove one of them"},
    {"a=[1]\n[[a]]\n", "2:1 'a' cannot be redefined as array-of-tables"},
    {"a.b=1\na.b.c=2", "2:3 a part of the key has a value already"},
    {"port = 9223372036854775808\nx=1",
     "1:8 the integer is out of the range of int64; quote it to keep it as text"},
    {"a=0xFFFFFFFFFFFFFFFFFF",
     "1:3 the integer is out of the range of int64; quote it to keep it as text"},
    {"a = 1e999", "1:5 the number is out of the range of a double; quote it to keep it as text"},
    {"a = 01", "1:5 a number cannot begin with 0; quote it to keep it as text"},
    {"a = yes", "1:5 not a value of TOML; put text in quotes"},
    {"'é' = tru1", "1:7 not a value of TOML; put text in quotes"},
    {"a = \"x", "1:7 missing closing quote"},
    {"a =", "1:4 missing value; expected key = value"},
    {"[a", "1:3 missing ']' after the table name"},
    {"a = {b=1", "1:9 missing '}' after the table"},
    {"a = [1,,2]", "1:8 expected value or closing ']', saw comma"},
    {"a: 1", "1:2 expected '=', saw ':'"},
    {"a=1 b=2", "1:5 unexpected 'b'; only a comment may follow a value in its line"},
    {"a='it''s'", "1:7 unexpected '''; only a comment may follow a value in its line"},
    {"a = \"\\q\"", "1:7 unknown escape sequence '\\q'"},
    {"a = 2000-99-99", "1:5 expected month between 1 and 12 (inclusive)"},
    {"a = inf", "1:5 inf and nan are not JSON numbers"},
    {"x = 1\na = [1, -nan]", "2:9 inf and nan are not JSON numbers"},
    {"a = \"x\\u0000\"", "1:1 a string contains U+0000; remove it"},
    {"\n\"\\uffff\" = 1", "2:1 a name contains U+FFFF; remove it"},
};

constexpr reading places[] = {
    {"a = 1\n[t]\n  b.c = [1,\n 2]\n[[l]]\nx = {y = 1}\n",
     "1:1 2:2 3:3 3:5 3:10 4:2 5:3 5:1 6:1 6:6"},
};

std::string nested_list(std::size_t depth) {
  return "a = " + repeat("[", depth) + repeat("]", depth);
}

} // namespace

BOOST_AUTO_TEST_SUITE(read_toml)

BOOST_AUTO_TEST_CASE(reads_values_in_the_order_of_the_text) {
  check_readings(format::toml, documents);
}

BOOST_AUTO_TEST_CASE(faults_are_reported_with_their_place) {
  check_readings(format::toml, refusals);
}

BOOST_AUTO_TEST_CASE(every_name_and_element_has_its_place) { check_places(format::toml, places); }

BOOST_AUTO_TEST_CASE(values_do_not_appear_in_messages) {
  for (auto const* const text :
       {"pw = hunter2secret", "pw = 1e999999", "pw = \"hunter2secret", "pw = 12hunter2secret",
        "pw = 'hunter2secret' x", "pw = 2000-99-99", "pw = [hunter2secret]", "pw = truehunter2"}) {
    auto const message = read(format::toml, text);
    BOOST_CHECK_MESSAGE(message.find("hunter2") == message.npos, message);
    BOOST_CHECK_MESSAGE(message.find("999") == message.npos, message);
    BOOST_CHECK_MESSAGE(message.starts_with("1:"), message);
  }
}

BOOST_AUTO_TEST_CASE(depth_is_limited_in_every_syntax) {
  limits bounds;
  bounds.file_depth = 4;

  BOOST_CHECK_EQUAL(read(format::toml, nested_list(3), bounds), R"({"a":[[[]]]})");
  BOOST_CHECK_EQUAL(read(format::toml, nested_list(4), bounds), "1:8 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::toml, "a.b.c.d = 1", bounds), R"({"a":{"b":{"c":{"d":1}}}})");
  BOOST_CHECK_EQUAL(read(format::toml, "a.b.c.d.e = 1", bounds), "1:8 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::toml, "[a.b.c]\nd = 1", bounds), R"({"a":{"b":{"c":{"d":1}}}})");
  BOOST_CHECK_EQUAL(read(format::toml, "[a.b.c.d]", bounds), "1:9 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::toml, "[a.b]\nc.d = []", bounds), "2:7 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::toml, "[[a]]\n[a.b]\nc = []", bounds), "3:5 limit file_depth");
}

BOOST_AUTO_TEST_CASE(bombs_are_rejected_before_they_are_parsed) {
  BOOST_CHECK_EQUAL(read(format::toml, repeat("a.", 1'000'000) + "a = 1"),
                    "1:128 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::toml, "[" + repeat("a.", 1'000'000) + "a]"),
                    "1:129 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::toml, nested_list(1'000'000)), "1:68 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::toml, "a=" + repeat("{a=", 1'000'000)), "1:192 limit file_depth");
  BOOST_CHECK_EQUAL(read(format::toml, "a=[" + repeat("[],", 1'000'000) + "]"),
                    "1:300001 limit file_elements");
  BOOST_CHECK_EQUAL(read(format::toml, repeat("[[a]]\n", 400'000)), "200001:1 limit file_elements");
}

BOOST_AUTO_TEST_CASE(elements_up_to_the_limit_are_read) {
  limits bounds;
  bounds.file_elements = 4;

  BOOST_CHECK_EQUAL(read(format::toml, "a=[1,2,3,]", bounds), R"({"a":[1,2,3]})");
  BOOST_CHECK_EQUAL(read(format::toml, "a=[1,2,3,4]", bounds), "1:10 limit file_elements");
  BOOST_CHECK_EQUAL(read(format::toml, "a={b={c={d=1}}}", bounds), R"({"a":{"b":{"c":{"d":1}}}})");
  BOOST_CHECK_EQUAL(read(format::toml, "a.b.c.d.e=1", bounds), "1:9 limit file_elements");
}

BOOST_AUTO_TEST_SUITE_END()
