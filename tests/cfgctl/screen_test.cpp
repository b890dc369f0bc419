#include "cfgctl/text/screen.hpp"
#include "cfgctl/text/table.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace cfgd::cfgctl;

namespace {

constexpr screen file{.terminal = false, .colored = false, .columns = 10};
constexpr screen narrow{.terminal = true, .colored = false, .columns = 20};

table people() { return table({left("NAME"), right("N"), cuttable("WHERE")}); }

} // namespace

BOOST_AUTO_TEST_SUITE(screen)

BOOST_AUTO_TEST_CASE(nothing_that_moves_a_terminal_is_printable) {
  BOOST_TEST(printable("a\tb\nc") == "a\tb\nc");
  BOOST_TEST(printable("\033[31mx\r\x7f") == "\\u001b[31mx\\u000d\\u007f");
  BOOST_TEST(printable("\xc2\x9b"
                       "1m") == "\\u009b1m");
  BOOST_TEST(printable("größe \xc2\xa0 語") == "größe \xc2\xa0 語");
}

BOOST_AUTO_TEST_CASE(width_is_what_a_terminal_shows) {
  BOOST_TEST(columns_of("") == 0U);
  BOOST_TEST(columns_of("abc") == 3U);
  BOOST_TEST(columns_of("größe") == 5U);
  BOOST_TEST(columns_of("日本") == 4U);
  BOOST_TEST(columns_of("e\xcc\x81") == 1U); // combining
  BOOST_TEST(columns_of("\xff\xfe") == 2U);  // no UTF-8
}

BOOST_AUTO_TEST_CASE(text_is_cut_between_characters) {
  BOOST_TEST(cut_to("abc", 3) == "abc");
  BOOST_TEST(cut_to("abcd", 3) == "ab…");
  BOOST_TEST(cut_to("日本語", 4) == "日…");
  BOOST_TEST(cut_to("abc", 1) == "…");
  BOOST_TEST(cut_to("abc", 0) == "");
}

BOOST_AUTO_TEST_CASE(color_is_only_where_it_is_wanted) {
  constexpr ::cfgd::cfgctl::screen colored{.terminal = true, .colored = true, .columns = 80};

  BOOST_TEST(paint(file, tint::bad, "x") == "x");
  BOOST_TEST(paint(colored, tint::bad, "x") == "\033[31mx\033[0m");
  BOOST_TEST(paint(colored, tint::plain, "x") == "x");
  BOOST_TEST(paint(colored, tint::bad, "") == "");
}

BOOST_AUTO_TEST_CASE(columns_are_aligned_and_nothing_trails) {
  auto all = people();
  all.add({"größe", "5", "x"});
  all.add({"日本", "12", ""});

  BOOST_TEST(all.str(file) == "NAME    N  WHERE\n"
                              "größe   5  x\n"
                              "日本   12\n");
}

BOOST_AUTO_TEST_CASE(tables_are_cut_on_a_terminal_only) {
  auto all = people();
  all.add({"abcd", "1", "/a/long/path/to/a/file"});

  BOOST_TEST(all.str(narrow) == "NAME  N  WHERE\n"
                                "abcd  1  /a/long/pa…\n");
  BOOST_TEST(all.str(file).find("/a/long/path/to/a/file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(paths_are_cut_at_their_begin) {
  table all({left("NAME"), path("PATH")});
  all.add({"abcd", "/a/long/path/to/a/file"});

  BOOST_TEST(all.str(narrow) == "NAME  PATH\n"
                                "abcd  …ath/to/a/file\n");
  BOOST_TEST(cut_left_to("日本語", 4) == "…語");
  BOOST_TEST(cut_left_to("abc", 3) == "abc");
  BOOST_TEST(cut_left_to("abc", 0) == "");
}

BOOST_AUTO_TEST_CASE(a_row_is_a_block_where_a_line_is_too_short) {
  table all({left("NAME"), right("BYTES"), path("PATH")});
  all.add({"a-long-name", "12", "/a/long/path/to/a/file"});
  all.add({"b", "", "/b"});

  BOOST_TEST(all.str(narrow) == "NAME   a-long-name\n"
                                "BYTES  12\n"
                                "PATH   …th/to/a/file\n"
                                "\n"
                                "NAME   b\n"
                                "PATH   /b\n");
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_terminal) {
  for (std::size_t const columns : {40U, 60U, 80U}) {
    table all({left("STATE"), left("KIND"), left("LAYER"), left("NAMESPACE"), path("PATH"),
               right("REVISION"), right("BYTES"), left("WATCH")});
    all.add({"quarantined", "values", "admin", "site", "/etc/cfgd/namespaces/site.d/50-local.yaml",
             "118", "4711", "inotify"});

    std::string const text =
        all.str({.terminal = true, .colored = false, .columns = columns, .most_keys = 20});

    for (std::size_t at = 0; at < text.size();) {
      auto const end = text.find('\n', at);
      BOOST_TEST(columns_of(std::string_view(text).substr(at, end - at)) <= columns, text);
      at = end + 1;
    }
  }
}

BOOST_AUTO_TEST_CASE(a_value_cannot_tear_a_table) {
  auto all = people();
  all.add({"a\nb\tc\033[2J", "", "x"});

  BOOST_TEST(all.str(file) == "NAME            N  WHERE\n"
                              "a b c\\u001b[2J     x\n");
}

BOOST_AUTO_TEST_SUITE_END()
