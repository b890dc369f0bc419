#include "daemon/line_text.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using cfgd::name_list;
using cfgd::one_line;

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(line_text)

BOOST_AUTO_TEST_CASE(control_characters_do_not_break_a_line) {
  BOOST_TEST(one_line("'a\nb\tc'") == "'a?b?c'");
  BOOST_TEST(one_line("\xC3\xA9 \x7F") == "\xC3\xA9 \x7F");
}

BOOST_AUTO_TEST_CASE(names_are_listed_up_to_the_maximum) {
  name_list names(2);
  BOOST_TEST(names.empty());
  BOOST_TEST(names.text().empty());

  names.add("a", " (defaults)");
  names.add("b");
  BOOST_TEST(names.text() == " 'a' (defaults), 'b'");

  names.add("c");
  names.add("d");
  BOOST_TEST(names.text() == " 'a' (defaults), 'b' ...");
  BOOST_TEST(!names.empty());
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
