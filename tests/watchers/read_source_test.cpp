#include "core/json.hpp"
#include "core/key.hpp"
#include "tests/support/reading.hpp"
#include "tests/support/temporary_directory.hpp"
#include "watchers/read_source.hpp"

#include <boost/json/value.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

namespace {

using namespace cfgd;
using test::read;
using test::reading;
namespace data = boost::unit_test::data;

constexpr std::array all_formats{format::json, format::jsonc, format::yaml,
                                 format::toml, format::ini,   format::env};

constexpr reading unclean[] = {
    {std::string_view("\xFF\xFE{\0}\0", 6), "1:1 the file is in UTF-16; save it as UTF-8"},
    {std::string_view("{\0}\0", 4), "1:1 the file is in UTF-16; save it as UTF-8"},
    {std::string_view("\0a\0=", 4), "1:1 the file is in UTF-16; save it as UTF-8"},
    {"\xEF\xBB\xBF", "1:1 the file begins with a byte order mark; save it as UTF-8 without one"},
    {"\n#\xFF", "2:2 invalid UTF-8; save the file as UTF-8"},
    {"# \xED\xA0\x80", "1:3 invalid UTF-8; save the file as UTF-8"},
    {"#\n\xEF\xBF\xBE", "2:1 U+FFFE and U+FFFF are not allowed; remove them"},
    {std::string_view("#a\0b", 4), "1:3 U+0000 is not allowed; remove it"},
};

constexpr reading variable_names[] = {
    {"CFGD_SITE__FEATURE_FLAGS__NEW_CHECKOUT", "site.feature_flags.new_checkout"},
    {"CFGD_SITE__A", "site.a"},
    {"cfgd_SITE__A", ""},
    {"SITE__A", ""},
    {"CFGD_SITE", ""},
    {"CFGD_SITE__", ""},
    {"CFGD___A", ""},
    {"CFGD_SITE____A", ""},
    {"CFGD_1SITE__A", ""},
    {"CFGD_SITE__\xC3", ""},
    {"CFGD_SITE__caf\xC3\xA9", "site.\"caf\xC3\xA9\""},
    {"CFGD_SITE__9", "site.9"},
    {"", ""},
};

constexpr reading variables[] = {
    {"", R"("")"},
    {"true", "true"},
    {" 12 ", R"(" 12 ")"},
    {"12", "12"},
    {"1.10", R"("1.10")"},
    {"12x", R"("12x")"},
    {"1e3", R"("1e3")"},
    {"null", "null"},
    {"[1,{\"a\":null}]", R"([1,{"a":null}])"},
    {"\"x\"", R"("x")"},
    {"x", R"("x")"},
    {"{", R"("{")"},
    {"{\"a\":1,\"a\":2}", R"("{\"a\":1,\"a\":2}")"},
    {"99999999999999999999", R"("99999999999999999999")"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(read_source)

BOOST_AUTO_TEST_CASE(every_format_rejects_invalid_text) {
  for (auto const kind : all_formats) {
    for (auto const& row : unclean)
      BOOST_CHECK_EQUAL(read(kind, row.text), row.expected);
  }
}

BOOST_AUTO_TEST_CASE(file_bytes_are_limited_in_every_format) {
  limits bounds;
  bounds.file_bytes = 8;
  for (auto const kind : all_formats) {
    BOOST_CHECK_NE(read(kind, std::string(8, ' '), bounds), "0:0 limit file_bytes");
    BOOST_CHECK_EQUAL(read(kind, std::string(9, ' '), bounds), "0:0 limit file_bytes");
  }
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_an_empty_object_where_the_format_allows) {
  for (auto const kind : {format::yaml, format::toml, format::ini, format::env})
    BOOST_CHECK_EQUAL(read(kind, ""), "{}");
  for (auto const kind : {format::json, format::jsonc})
    BOOST_CHECK_EQUAL(read(kind, ""), "1:1 unexpected end of the text");
}

BOOST_AUTO_TEST_CASE(limit_errors_have_the_use_and_the_maximum) {
  limits bounds;
  bounds.file_depth = 2;

  auto const refused = watchers::read_source(format::json, R"({"a":[[]]})", bounds);

  BOOST_REQUIRE(!refused);
  BOOST_CHECK_EQUAL(refused.error().subject, "file_depth");
  BOOST_CHECK_EQUAL(refused.error().used, 3U);
  BOOST_CHECK_EQUAL(refused.error().maximum, 2U);
  BOOST_CHECK_GT(refused.error().where.column, 0U);
}

BOOST_AUTO_TEST_CASE(messages_are_one_short_line_whatever_the_name) {
  std::string const name(100'000, 'n');
  auto const twice = [&name](std::string_view before, std::string_view between,
                             std::string_view after) {
    return std::string(before).append(name).append(between).append(name).append(after);
  };
  for (auto const& [kind, text] :
       {std::pair(format::json, twice("{\"", "\":1,\"", "\":2}")),
        std::pair(format::yaml, twice("{\"", "\":1,\"", "\":2}")),
        std::pair(format::yaml, "a: *" + name), std::pair(format::yaml, "a: !" + name + " x"),
        std::pair(format::toml, twice("", "=1\n", "=2")),
        std::pair(format::ini, twice("", "=1\n", "=2")), std::pair(format::ini, "\"" + name + "=1"),
        std::pair(format::env, twice("", "=1\n", "=2"))}) {
    auto const message = read(kind, text);
    BOOST_CHECK_LT(message.size(), 200U);
    BOOST_CHECK(message.find('\n') == message.npos);
  }
}

BOOST_DATA_TEST_CASE(variables_name_keys, data::make(variable_names), row) {
  auto const key = watchers::key_of_variable(row.text);

  BOOST_CHECK_EQUAL(key ? key->str() : "", row.expected);
}

BOOST_AUTO_TEST_CASE(a_variable_with_a_key_that_is_too_long_is_ignored) {
  auto const longest = "CFGD_A__" + std::string(limits::key_bytes - 2, 'B');
  BOOST_CHECK(!watchers::key_of_variable(longest + 'B'));
  BOOST_CHECK(watchers::key_of_variable(longest));
}

BOOST_DATA_TEST_CASE(variables_are_json_or_text, data::make(variables), row) {
  auto const value = watchers::read_variable(row.text, limits{});

  BOOST_REQUIRE(value);
  BOOST_CHECK_EQUAL(json::canonical(*value), row.expected);
}

BOOST_AUTO_TEST_CASE(variables_with_values_that_cannot_be_stored_are_rejected) {
  for (std::string_view const text :
       {std::string_view("a\0b", 3), std::string_view("\xFF"), std::string_view("\xEF\xBF\xBF")}) {
    auto const value = watchers::read_variable(text, limits{});
    BOOST_REQUIRE(!value);
    BOOST_CHECK(value.error().code == errc::bad_value);
  }
  auto const deep = watchers::read_variable(std::string(1000, '['), limits{});
  BOOST_REQUIRE(!deep);
  BOOST_CHECK(deep.error().code == errc::limit);
}

BOOST_AUTO_TEST_SUITE_END()
