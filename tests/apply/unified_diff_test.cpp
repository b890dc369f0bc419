#include "apply/render.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

/// What patch(1) makes of `before`: texts whose lines all end.
std::string patched(std::string const& before, std::string const& diff) {
  auto const old_lines = lines_of(before);
  std::size_t at = 0;
  std::string out;
  for (auto const& line : lines_of(diff)) {
    if (line.starts_with("@@")) {
      std::size_t begin = 0;
      std::size_t count = 1;
      std::string const range = line.substr(4, line.find(' ', 4) - 4);
      begin = std::stoul(range);
      if (auto const comma = range.find(','); comma != range.npos)
        count = std::stoul(range.substr(comma + 1));
      for (auto const until = count == 0 ? begin : begin - 1; at < until; ++at)
        out += old_lines.at(at) + '\n';
      continue;
    }
    if (line[0] != '+') BOOST_TEST(old_lines.at(at++) == line.substr(1));
    if (line[0] != '-') out += line.substr(1) + '\n';
  }
  for (; at < old_lines.size(); ++at)
    out += old_lines[at] + '\n';
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(unified_diff)

BOOST_AUTO_TEST_CASE(equal_texts_have_no_difference) {
  BOOST_TEST(cfgd::apply::unified_diff("a\nb\n", "a\nb\n").empty());
  BOOST_TEST(cfgd::apply::unified_diff("", "").empty());
}

BOOST_AUTO_TEST_CASE(a_changed_line_has_three_lines_around_it) {
  BOOST_TEST(
      cfgd::apply::unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n") ==
      "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
}

BOOST_AUTO_TEST_CASE(files_that_appear_or_end_without_a_newline_are_shown_as_such) {
  BOOST_TEST(cfgd::apply::unified_diff("", "a\n") == "@@ -0,0 +1 @@\n+a\n");
  BOOST_TEST(cfgd::apply::unified_diff("a\n", "") == "@@ -1 +0,0 @@\n-a\n");
  BOOST_TEST(cfgd::apply::unified_diff("a", "a\n") ==
             "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
}

BOOST_AUTO_TEST_CASE(every_difference_leads_from_one_text_to_the_other) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string before;
    std::string after;
    auto const add = [&](std::string& to) {
      for (auto count = random() % 30; count > 0; --count)
        to.append(1, static_cast<char>('a' + random() % 4)).append(1, '\n');
    };
    add(before);
    add(after);
    BOOST_TEST(patched(before, cfgd::apply::unified_diff(before, after)) == after);
  }
}

BOOST_AUTO_TEST_CASE(texts_with_very_many_differences_are_one_change) {
  std::string before;
  std::string after;
  for (int i = 0; i < 3'000; ++i) {
    before += "a" + std::to_string(i) + '\n';
    after += "b" + std::to_string(i) + '\n';
  }
  BOOST_TEST(patched(before, cfgd::apply::unified_diff(before, after)) == after);
}

BOOST_AUTO_TEST_SUITE_END()
