#include "core/key.hpp"
#include "core/limits.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace data = boost::unit_test::data;
using cfgd_key = cfgd::key; // the suite's name hides the class's

struct row {
  std::string_view text;
  std::string_view expected;
};
std::ostream& operator<<(std::ostream& out, row const& which) { return out << which.text; }

/// The parts joined by "|", or the message.
std::string read(std::string_view text) {
  auto const parsed = cfgd_key::parse(text);
  if (!parsed) return parsed.error().message;
  std::string out;
  for (auto const& part : parsed->parts())
    out += (out.empty() ? "" : "|") + part;
  return out;
}

constexpr row keys[] = {
    {"site", "site"},
    {"a-b_9.C-d.0", "a-b_9|C-d|0"},
    {"hosts.\"db.example.org\".port", "hosts|db.example.org|port"},
    {"a.'x \" y\\'.b", "a|x \" y\\|b"},
    {" a .\t\"b\" . c ", "a|b|c"},
    {R"(a."\u00e9\t\"\\\U0001F600")", "a|é\t\"\\😀"},
    {"a.\"\"", "a|"},
    {"a.\"\t\"", "a|\t"},
    {"\"a\".b", "a|b"},
};

constexpr row refusals[] = {
    {"", "the key is empty (column 1)"},
    {".a", "a part is empty (column 1)"},
    {"a..b", "a part is empty (column 3)"},
    {"a.", "a part is missing (column 3)"},
    {"a b", "expected a dot; quote parts that are no bare words (column 3)"},
    {"a.b[0]", "an index is not possible here; name the whole array (column 4)"},
    {"a.é", "this character must be quoted (column 3)"},
    {"a.\"b", "the quote is not closed (column 5)"},
    {"a.'b", "the quote is not closed (column 3)"},
    {"a.\"\\x\"", "unknown escape (column 5)"},
    {"a.\"\\ud800\"", "the escape is not a Unicode code point (column 5)"},
    {"a.\"\\u12\"", "the escape is not a Unicode code point (column 5)"},
    {"a.\"\\U00110000\"", "the escape is not a Unicode code point (column 5)"},
    {"a.\"\n\"", "a control character must be escaped (column 4)"},
    {"a.'\n'", "a control character must be escaped (column 4)"},
    {R"(a."\u0000")", "U+0000, U+FFFE and U+FFFF are not allowed"},
    {R"(a."\uffff")", "U+0000, U+FFFE and U+FFFF are not allowed"},
    {"a.\"\xFF\"", "the key is not valid UTF-8"},
    {"Site.a", "the first part must be a namespace: a-z, then a-z 0-9 _ -, 64 at most"},
    {"1.a", "the first part must be a namespace: a-z, then a-z 0-9 _ -, 64 at most"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(key)

BOOST_DATA_TEST_CASE(toml_dotted_keys_are_read, data::make(keys)) {
  BOOST_CHECK_EQUAL(read(sample.text), sample.expected);
}

BOOST_DATA_TEST_CASE(invalid_keys_are_rejected_with_the_reason, data::make(refusals)) {
  BOOST_CHECK_EQUAL(read(sample.text), sample.expected);
  BOOST_CHECK(cfgd_key::parse(sample.text).error().code == cfgd::errc::bad_key);
}

BOOST_DATA_TEST_CASE(written_keys_read_back_equal, data::make(keys)) {
  auto const parsed = cfgd_key::parse(sample.text);
  BOOST_REQUIRE(parsed);

  auto const again = cfgd_key::parse(parsed->str());

  BOOST_REQUIRE(again);
  BOOST_CHECK(*again == *parsed);
}

BOOST_AUTO_TEST_CASE(only_what_must_be_quoted_is_quoted) {
  std::ostringstream out;
  out << cfgd_key({"a", "b-C_9", "d.e", "", "\"\\\n\x7F", "é"});

  BOOST_CHECK_EQUAL(out.str(), R"(a.b-C_9."d.e".""."\"\\\u000A\u007F"."é")");
}

BOOST_AUTO_TEST_CASE(namespace_names_have_up_to_64_characters) {
  BOOST_CHECK(cfgd::is_namespace_name("a"));
  BOOST_CHECK(cfgd::is_namespace_name("a-_9"));
  BOOST_CHECK(cfgd::is_namespace_name(std::string(64, 'a')));
  for (auto const& name :
       {std::string(65, 'a'), std::string(), std::string("_a"), std::string("-a"), std::string("9"),
        std::string("A"), std::string("a.b"), std::string("a "), std::string("\xC3\xA9")})
    BOOST_CHECK_MESSAGE(!cfgd::is_namespace_name(name), name);
}

BOOST_AUTO_TEST_CASE(keys_up_to_the_limit_are_read) {
  std::string const longest = "a." + std::string(cfgd::limits::key_bytes - 2, 'b');

  auto const refused = cfgd_key::parse(longest + 'b');

  BOOST_CHECK(cfgd_key::parse(longest));
  BOOST_REQUIRE(!refused);
  BOOST_CHECK(refused.error().code == cfgd::errc::limit);
  BOOST_CHECK_EQUAL(refused.error().subject, "key_bytes");
  BOOST_CHECK_EQUAL(refused.error().used, cfgd::limits::key_bytes + 1);
  BOOST_CHECK_EQUAL(refused.error().maximum, cfgd::limits::key_bytes);
}

BOOST_AUTO_TEST_CASE(the_limit_holds_for_the_key_as_it_is_written) {
  // Each quotation mark takes two bytes once it is escaped.
  auto const refused = cfgd_key::parse("a.'" + std::string(300, '"') + "'");

  BOOST_REQUIRE(!refused);
  BOOST_CHECK(refused.error().code == cfgd::errc::limit);
}

BOOST_AUTO_TEST_CASE(a_key_contains_itself_and_what_is_below) {
  cfgd_key const above({"a", "b"});

  BOOST_CHECK(above.contains(above));
  BOOST_CHECK(above.contains(above.child("c")));
  BOOST_CHECK(!above.child("c").contains(above));
  BOOST_CHECK(!above.contains(cfgd_key({"a", "bc"})));
  BOOST_CHECK_EQUAL(above.child("c.d").str(), R"(a.b."c.d")");
  BOOST_CHECK_EQUAL(above.path().size(), 1U);
  BOOST_CHECK_EQUAL(above.name_space(), "a");
}

BOOST_AUTO_TEST_CASE(keys_are_ordered_by_the_bytes_of_their_parts) {
  std::vector<cfgd_key> const ordered{
      cfgd_key({"a"}),       cfgd_key({"a", ""}),  cfgd_key({"a", "b"}), cfgd_key({"a", "b", "a"}),
      cfgd_key({"a", "b-"}), cfgd_key({"a", "é"}), cfgd_key({"b"})};
  for (std::size_t index = 1; index < ordered.size(); ++index)
    BOOST_CHECK_MESSAGE(ordered[index - 1] < ordered[index], ordered[index]);
}

BOOST_AUTO_TEST_CASE(dotted_names_need_no_namespace) {
  auto const parts = cfgd::split_dotted("Server . 9.\"x y\"");

  BOOST_REQUIRE(parts);
  BOOST_CHECK((*parts == std::vector<std::string>{"Server", "9", "x y"}));
  BOOST_CHECK(!cfgd::split_dotted(""));
}

BOOST_AUTO_TEST_SUITE_END()
