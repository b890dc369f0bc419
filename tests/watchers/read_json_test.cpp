#include "tests/support/reading.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace cfgd;
using test::check_places;
using test::check_readings;
using test::read;
using test::read_places;
using test::reading;

constexpr reading documents[] = {
    {"{}", "{}"},
    {" \r\n{\t}\n", "{}"},
    {R"({"b": 1, "a": {"y": [], "x": {}}})", R"({"b":1,"a":{"y":[],"x":{}}})"},
    {R"({"a": [1, -0, 2.0, 1e3, -9223372036854775808, 9223372036854775807]})",
     R"({"a":[1,0,2.0,1000.0,-9223372036854775808,9223372036854775807]})"},
    {R"({"a": 0.1234567890123456789})", R"({"a":0.12345678901234568})"},
    {R"({"a": "\u00e9\ud83d\ude00\n"})", "{\"a\":\"é😀\\n\"}"},
    {R"({"a": null, "b": [true, false]})", R"({"a":null,"b":[true,false]})"},
    {R"({"": 1, "a.b": 2})", R"({"":1,"a.b":2})"},
    {R"({"a": [1, null, {"b": null}]})", R"({"a":[1,null,{"b":null}]})"},
};

constexpr reading refusals[] = {
    {"", "1:1 unexpected end of the text"},
    {"[]", "1:1 a source must be an object, but this is a list"},
    {"null", "1:1 a source must be an object, but this is null"},
    {"{\"a\": tru}", "1:7 unexpected 't'"},
    {"{\n  \"a\": 1,\n}", "3:1 a comma before a closing bracket is allowed in .jsonc files only; "
                          "rename the file or remove the comma"},
    {"{\"a\": [1, ]}", "1:11 a comma before a closing bracket is allowed in .jsonc files only; "
                       "rename the file or remove the comma"},
    {"{\n# no\n}", "2:1 JSON has no comments with '#'; .jsonc files have // and /* */"},
    {"{\"a\": 1 / 2}", "1:9 unexpected '/'"},
    {"{} {}", "1:4 unexpected text after the value: unexpected '{'"},
    {"{\"a\": 9223372036854775808}",
     "1:7 the integer is out of the range of int64; quote it to keep it as text"},
    {"{\"a\": 1e999}",
     "1:7 the number is out of the range of a double; quote it to keep it as text"},
    {"\xEF\xBB\xBF{}", "1:1 the file begins with a byte order mark; save it as UTF-8 without one"},
    {"{\"\xC3\": 1}", "1:3 invalid UTF-8; save the file as UTF-8"},
    {"{\"a\": 1} // no",
     "1:10 comments are allowed in .jsonc files only; rename the file or remove the comment"},
};

constexpr reading relaxed_documents[] = {
    {"{\n  // one\n  \"a\": 1, /* two\n */ \"b\": [1, 2,],\n}\n", R"({"a":1,"b":[1,2]})"},
    {"{\"a\": \"// no comment /* */\"} // the end", R"({"a":"// no comment /* */"})"},
    {"{\"a\": 1/**/}", R"({"a":1})"},
};

constexpr reading places[] = {
    {"{\n  \"a\": 1,\n  \"é\": {\"c\": [1, [2, \"x\"], {\"d\": 3}], \"e\": 4}}",
     "2:3 3:3 3:9 3:15 3:18 3:19 3:22 3:28 3:29 3:39"},
    {"{\"a\\\"[\": \"}\", \"b\": []}", "1:2 1:15"},
    {"{}", ""},
};

} // namespace

BOOST_AUTO_TEST_SUITE(read_json)

BOOST_AUTO_TEST_CASE(reads_values_exactly_and_in_order) { check_readings(format::json, documents); }

BOOST_AUTO_TEST_CASE(faults_are_reported_with_their_place) {
  check_readings(format::json, refusals);
}

BOOST_AUTO_TEST_CASE(jsonc_has_comments_and_trailing_commas) {
  check_readings(format::jsonc, relaxed_documents);
}

BOOST_AUTO_TEST_CASE(every_name_and_element_has_its_place) { check_places(format::json, places); }

BOOST_AUTO_TEST_CASE(places_are_not_moved_by_comments) {
  BOOST_CHECK_EQUAL(read_places(format::jsonc, "{ // {\n/* \" é */ \"a\": [/*,*/ 1,],\n}"),
                    "2:11 2:23");
}

BOOST_AUTO_TEST_CASE(names_the_first_of_duplicate_keys) {
  auto const text = "{\"x\": {\"a\": 1},\n \"a\": [{\"b\": 1}],\n \"\\u0061\": 2}";

  BOOST_CHECK_EQUAL(read(format::json, text),
                    "3:2 duplicate key 'a' (first at line 2); remove one of them");
}

BOOST_AUTO_TEST_CASE(u0000_is_rejected_even_as_an_escape) {
  auto const in_value = watchers::read_source(format::json, R"({"a": "x\u0000"})", limits{});
  auto const in_name = watchers::read_source(format::json, R"({"a\uffff": 1})", limits{});

  BOOST_REQUIRE(!in_value);
  BOOST_CHECK(in_value.error().code == errc::parse);
  BOOST_CHECK_EQUAL(in_value.error().where.line, 1U);
  BOOST_REQUIRE(!in_name);
  BOOST_CHECK(in_name.error().code == errc::parse);
}

BOOST_AUTO_TEST_SUITE_END()
