#include "core/text.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace {

using namespace cfgd;
using namespace std::string_view_literals;

std::string check(std::string_view text) {
  auto const checked = check_text(text);
  return checked ? "clean" : to_string(checked.error());
}

} // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(places_count_lines_and_code_points_from_one) {
  auto const text = "ab\né\xF0\x9F\x98\x80x\n"sv;

  BOOST_CHECK((place_at(text, 0) == place{1, 1}));
  BOOST_CHECK((place_at(text, 2) == place{1, 3}));
  BOOST_CHECK((place_at(text, 3) == place{2, 1}));
  BOOST_CHECK((place_at(text, 5) == place{2, 2}));
  BOOST_CHECK((place_at(text, 9) == place{2, 3}));
  BOOST_CHECK((place_at(text, 11) == place{3, 1}));
  BOOST_CHECK((place_at(text, 99) == place{3, 1}));
  BOOST_CHECK((place_at("", 0) == place{1, 1}));
}

BOOST_AUTO_TEST_CASE(utf8_text_is_clean) {
  BOOST_CHECK_EQUAL(check(""), "clean");
  BOOST_CHECK_EQUAL(check("a\t\r\n\x01é\xE2\x82\xAC\xF4\x8F\xBF\xBD"), "clean");
  BOOST_CHECK_EQUAL(check("a\xEF\xBB\xBF"), "clean"); // U+FEFF, but not at the beginning
  BOOST_CHECK_EQUAL(check("\xEF\xBF\xBD"), "clean");  // U+FFFD
  BOOST_CHECK_EQUAL(check("\xEE\xBF\xBF"), "clean");  // U+EFFF
}

BOOST_AUTO_TEST_CASE(text_that_no_format_allows_is_rejected_with_its_place) {
  BOOST_CHECK_EQUAL(check("\xEF\xBB\xBF{}"),
                    "1:1: the file begins with a byte order mark; save it as UTF-8 without one");
  BOOST_CHECK_EQUAL(check("a\nb\xFF"), "2:2: invalid UTF-8; save the file as UTF-8");
  BOOST_CHECK_EQUAL(check("\xC0\x80"), "1:1: invalid UTF-8; save the file as UTF-8");
  BOOST_CHECK_EQUAL(check("\xED\xA0\x80"), "1:1: invalid UTF-8; save the file as UTF-8");
  BOOST_CHECK_EQUAL(check("\xF4\x90\x80\x80"), "1:1: invalid UTF-8; save the file as UTF-8");
  BOOST_CHECK_EQUAL(check("x\xE2\x82"), "1:2: invalid UTF-8; save the file as UTF-8");
  BOOST_CHECK_EQUAL(check("é\0"sv), "1:2: U+0000 is not allowed; remove it");
  BOOST_CHECK_EQUAL(check("\n\xEF\xBF\xBE"), "2:1: U+FFFE and U+FFFF are not allowed; remove them");
  BOOST_CHECK_EQUAL(check("\xEF\xBF\xBD\xEF\xBF\xBF"),
                    "1:2: U+FFFE and U+FFFF are not allowed; remove them");
}

BOOST_AUTO_TEST_CASE(parts_and_strings_follow_the_same_rule) {
  BOOST_CHECK(is_clean_text(""));
  BOOST_CHECK(is_clean_text("\xEF\xBB\xBFx"));
  BOOST_CHECK(!is_clean_text("a\0b"sv));
  BOOST_CHECK(!is_clean_text("\xEF\xBF\xBF"));
  BOOST_CHECK(!is_clean_text("\xFF"));
}

BOOST_AUTO_TEST_SUITE_END()
