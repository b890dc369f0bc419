#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace {

namespace data = boost::unit_test::data;
namespace js = cfgd::json; // the suite's name hides the namespace's

struct row {
  std::string_view text;
  std::string_view expected;
};
std::ostream& operator<<(std::ostream& out, row const& which) { return out << which.text; }

std::string read(std::string_view text, js::dialect kind = js::dialect::strict) {
  auto const parsed = js::parse(text, kind);
  return parsed ? js::canonical(*parsed) : cfgd::to_string(parsed.error());
}

constexpr row texts[] = {
    {"null", "null"},
    {" [ 1 , -0 , 2.50 , 1e3 , 1E-7 ] ", "[1,0,2.5,1000.0,1e-07]"},
    {"[9223372036854775807,-9223372036854775808]", "[9223372036854775807,-9223372036854775808]"},
    {"[-0.0,0e1,5e-324,1.7976931348623157e308]", "[-0.0,0.0,5e-324,1.7976931348623157e+308]"},
    {"[0e00418647124]", "[0.0]"},
    {"[0.1234567890123456789]", "[0.12345678901234568]"},
    {R"({"b":1,"a":{"d":[],"c":{}},"B":2})", R"({"B":2,"a":{"c":{},"d":[]},"b":1})"},
    {R"(["\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\\u007f"])", "[\"é😀/\\b\\f\\n\\r\\t\\\"\\\\\\u007f\"]"},
    {R"({"é":1,"z":2,"\u0001":3})", R"({"\u0001":3,"z":2,"é":1})"},
};

constexpr row refusals[] = {
    {"", "1:1: unexpected end of the text"},
    {"[1,\n 2", "2:3: unexpected end of the text"},
    {"[1] x", "1:5: unexpected text after the value: unexpected 'x'"},
    {"{\"a\":1,\n \"a\":2}", "2:3: duplicate key 'a'"},
    {"[9223372036854775808]", "1:2: the integer is out of the range of int64"},
    {"[-9223372036854775809]", "1:2: the integer is out of the range of int64"},
    {"[18446744073709551616]", "1:2: the integer is out of the range of int64"},
    {"[1e999]", "1:2: the number is out of the range of a double"},
    {"[1e-999]", "1:2: the number is out of the range of a double"},
    {"[1e99999999999999999999]", "1:13: the number is out of the range of a double"},
    {R"(["\u0000"])", "1:1: a string contains U+0000; remove it"},
    {"[\"\xEF\xBF\xBF\"]", "1:3: a string contains U+FFFF; remove it"},
    {"[/* no */1]", "1:2: unexpected '/'"},
    {"[1,]", "1:4: unexpected ']'"},
    {"['a']", "1:2: unexpected '''"},
    {"[\"a\nb\"]", "1:4: unexpected end of the line"},
    {"\xEF\xBB\xBF[]", "1:1: unexpected character"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_DATA_TEST_CASE(canonical_text_is_sorted_and_shortest, data::make(texts)) {
  BOOST_CHECK_EQUAL(read(sample.text), sample.expected);
  BOOST_CHECK_EQUAL(read(sample.expected), sample.expected);
}

BOOST_DATA_TEST_CASE(faults_have_a_place_and_a_reason, data::make(refusals)) {
  BOOST_CHECK_EQUAL(read(sample.text), sample.expected);
}

BOOST_AUTO_TEST_CASE(the_relaxed_dialect_has_comments_and_trailing_commas) {
  auto const relaxed = js::dialect::relaxed;

  BOOST_CHECK_EQUAL(read("{ // one\n \"a\": [1, /* two */ 2,],\n} // end", relaxed),
                    R"({"a":[1,2]})");
  BOOST_CHECK_EQUAL(read("/** doc **/ [1, /***/ 2, /**/ 3 /* / * // */]", relaxed), "[1,2,3]");
  BOOST_CHECK_EQUAL(read(R"(["/* no */", "// \" //"])", relaxed), R"(["/* no */","// \" //"])");
  BOOST_CHECK_EQUAL(read("[1]\n /*/", relaxed), "2:2: the comment is not closed");
  BOOST_CHECK_EQUAL(read("[1, / 2]", relaxed), "1:5: unexpected '/'");
  BOOST_CHECK_EQUAL(read("/* \u00e9 */ [x]", relaxed), "1:10: unexpected 'x'");
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_refused) {
  for (std::string_view const text : {"[\"\xFF\"]", "[\"\xC0\x80\"]", "[\"\xED\xA0\x80\"]",
                                      "[\"\\ud800\"]", "{\"\xC3\":1}", "[\"\\ud800\\u0041\"]"})
    BOOST_CHECK_MESSAGE(!js::parse(text), text);
}

BOOST_AUTO_TEST_CASE(depth_is_limited) {
  js::read_limits const bounds{.depth = 3};

  auto const refused = js::parse("[[[[]]]]", js::dialect::strict, bounds);

  BOOST_CHECK(js::parse("[[[]]]", js::dialect::strict, bounds));
  BOOST_REQUIRE(!refused);
  BOOST_CHECK(refused.error().code == cfgd::errc::limit);
  BOOST_CHECK_EQUAL(refused.error().subject, "depth");
  BOOST_CHECK_EQUAL(refused.error().used, 4U);
  BOOST_CHECK_EQUAL(refused.error().maximum, 3U);
}

BOOST_AUTO_TEST_CASE(elements_are_limited) {
  js::read_limits const bounds{.elements = 4};

  auto const refused = js::parse("[1,2,{\"a\":3,\n\"b\":4}]", js::dialect::strict, bounds);

  BOOST_CHECK(js::parse("[1,2,{\"a\":3}]", js::dialect::strict, bounds));
  BOOST_REQUIRE(!refused);
  BOOST_CHECK(refused.error().code == cfgd::errc::limit);
  BOOST_CHECK_EQUAL(refused.error().subject, "elements");
  BOOST_CHECK_EQUAL(refused.error().maximum, 4U);
  BOOST_CHECK_EQUAL(refused.error().where.line, 2U);
}

BOOST_AUTO_TEST_CASE(values_use_the_given_storage) {
  unsigned char buffer[4096];
  boost::json::monotonic_resource resource(buffer);

  auto const parsed = js::parse(R"({"a":["x",{"b":1.5}]})", js::dialect::strict, {}, &resource);

  BOOST_REQUIRE(parsed);
  BOOST_CHECK(parsed->storage().get() == &resource);
  BOOST_CHECK(parsed->at("a").as_array().at(1).as_object().storage().get() == &resource);
}

BOOST_AUTO_TEST_CASE(members_keep_the_order_of_the_text_when_written_compact) {
  auto const parsed = js::parse(R"({"b": 1, "a": [1, 2], "c": {}})");
  BOOST_REQUIRE(parsed);
  std::string compact;

  js::append_compact(compact, *parsed);

  BOOST_CHECK_EQUAL(compact, R"({"b":1,"a":[1,2],"c":{}})");
  BOOST_CHECK_EQUAL(js::pretty(*parsed),
                    "{\n  \"b\": 1,\n  \"a\": [\n    1,\n    2\n  ],\n  \"c\": {}\n}");
}

BOOST_AUTO_TEST_CASE(random_doubles_are_read_back_exactly) {
  std::mt19937_64 random(20261123); // NOLINT: the same numbers each time
  for (int count = 0; count < 20'000; ++count) {
    std::uint64_t const bits = random();
    double number = 0;
    static_assert(sizeof number == sizeof bits);
    std::memcpy(&number, &bits, sizeof number);
    if (!std::isfinite(number)) continue;
    std::string text;
    js::append_number(text, number);

    auto const parsed = js::parse(text);

    BOOST_REQUIRE(parsed && parsed->is_double());
    BOOST_REQUIRE_EQUAL(parsed->get_double(), number);
  }
}

BOOST_AUTO_TEST_CASE(doubles_never_look_like_integers) {
  std::string text;
  for (double const number : {0.0, 1.0, -3.0, 1e15, 1e22, 0.5, -0.0}) {
    js::append_number(text, number);
    text += ' ';
  }
  BOOST_CHECK_EQUAL(text, "0.0 1.0 -3.0 1e+15 1e+22 0.5 -0.0 ");
}

BOOST_AUTO_TEST_CASE(strings_escape_what_must_be_escaped_only) {
  std::string text;
  js::append_string(text, "a\"\\/\x01\x1F\x7Fé\xE2\x80\xA8");
  BOOST_CHECK_EQUAL(text, "\"a\\\"\\\\/\\u0001\\u001f\\u007fé\xE2\x80\xA8\"");
}

BOOST_AUTO_TEST_CASE(a_character_is_escaped_wherever_it_is) {
  auto const escaped = [](char c) -> std::string {
    if (c == '"' || c == '\\') return {'\\', c};
    return c == 0x1F ? "\\u001f" : c == 0x7F ? "\\u007f" : std::string(1, c);
  };
  for (char const c : {'"', '\\', '\x1F', '\x7F', ' ', '!', '\xFF', '\x80'})
    for (std::size_t before = 0; before < 20; ++before)
      for (std::size_t behind = 0; behind < 20; ++behind) {
        std::string const text = std::string(before, '~').append(1, c).append(behind, '\xC3');
        std::string wanted(1, '"');
        wanted.append(before, '~').append(escaped(c)).append(behind, '\xC3').append(1, '"');
        std::string written;
        js::append_string(written, text);
        BOOST_REQUIRE_EQUAL(written, wanted);
      }
}

BOOST_AUTO_TEST_CASE(values_that_cannot_be_stored_are_rejected_with_their_pointer) {
  boost::json::value const null_below{{"a", {{"b/~", nullptr}}}};
  boost::json::value const bad_text{{"a", "x\xFF"}};
  boost::json::value const bad_name{{"\xEF\xBF\xBF", 1}};
  boost::json::value const infinite{std::numeric_limits<double>::infinity()};
  boost::json::value const good{{"a", {1, "x", true, 1.5, nullptr, {{"b", nullptr}}}},
                                {"", boost::json::object()}};

  BOOST_CHECK(js::check_storable(good));
  BOOST_REQUIRE(!js::check_storable(null_below));
  BOOST_CHECK(js::check_storable(null_below).error().code == cfgd::errc::bad_value);
  BOOST_CHECK_EQUAL(js::check_storable(null_below).error().subject, "/a/b~1~0");
  BOOST_REQUIRE(!js::check_storable(bad_text));
  BOOST_CHECK_EQUAL(js::check_storable(bad_text).error().subject, "/a");
  BOOST_CHECK(!js::check_storable(bad_name));
  BOOST_CHECK(!js::check_storable(infinite));
  BOOST_CHECK(!js::check_storable(boost::json::value(nullptr)));
}

BOOST_AUTO_TEST_CASE(valid_json_that_cannot_be_stored_is_not_a_syntax_error) {
  for (char const* const text : {R"({"a":1,"b":{"c":[1e400]}})", R"({"b":9223372036854775808})",
                                 R"({"b":"\ufffe"})", R"({"b":{"\u0000":1}})"}) {
    auto const read = cfgd::json::parse(text);
    BOOST_REQUIRE(!read);
    BOOST_CHECK(read.error().code == cfgd::errc::bad_value);
    BOOST_CHECK_EQUAL(read.error().subject, "b"); // the root's member
  }
}

BOOST_AUTO_TEST_CASE(bounds_of_schemas_may_be_beyond_int64) {
  js::read_limits const bounds{.beyond_int64 = js::big_integers::read_as_double};

  for (auto const& [text, expected] :
       {std::pair("[18446744073709551615]", "[18446744073709551616.0]"),
        std::pair("[-9223372036854775809]", "[-9223372036854775808.0]"),
        std::pair("[123456789012345678901234567890]", "[1.2345678901234568e+29]"),
        std::pair("[9223372036854775807]", "[9223372036854775807]")}) {
    auto const read = js::parse(text, js::dialect::strict, bounds);
    BOOST_REQUIRE(read);
    BOOST_CHECK_EQUAL(js::canonical(*read), expected);
  }
}

BOOST_AUTO_TEST_SUITE_END()
