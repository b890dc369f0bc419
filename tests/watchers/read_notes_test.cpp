#include "core/error.hpp"
#include "tests/support/reading.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

// What readers say about content that they accept.

namespace {

using namespace cfgd;

/// "1:7 /mode yaml", one a line.
std::string notes(format kind, std::string_view text) {
  auto const document = watchers::read_source(kind, text, limits{});
  if (!document) return test::describe(document.error());
  std::string out;
  for (issue const& one : document->notes) {
    BOOST_CHECK(one.how == severity::warning);
    BOOST_CHECK(!one.message.empty());
    if (!out.empty()) out += '\n';
    out += std::to_string(one.where.line) + ':' + std::to_string(one.where.column) + ' ' +
           one.pointer + ' ' + one.rule;
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(read_notes)

BOOST_AUTO_TEST_CASE(yaml_scalars_that_yaml_1_1_reads_otherwise_are_noted) {
  BOOST_CHECK_EQUAL(notes(format::yaml, "mode: 0755\non: yes\nport: 22:22\ndate: 2024-01-02\n"),
                    "1:7 /mode yaml\n2:1 /on yaml\n2:5 /on yaml\n3:7 /port yaml");
  BOOST_CHECK_EQUAL(notes(format::yaml, "a: [1, {b: OFF}, 12:30]\nc/d:\n- 1_000\n- - -0b1_0\n"),
                    "1:12 /a/1/b yaml\n1:18 /a/2 yaml\n3:3 /c~1d/0 yaml\n4:5 /c~1d/1/0 yaml");
  BOOST_CHECK_EQUAL(notes(format::yaml, "a: {<<: {b: no}}\n"), "1:13 /a/b yaml");
}

BOOST_AUTO_TEST_CASE(yaml_scalars_that_mean_the_same_are_not_noted) {
  BOOST_CHECK_EQUAL(notes(format::yaml, "a: \"yes\"\nb: 0\nc: 0o755\nd: '0755'\ne: !!str no\n"
                                        "f: 8080:80\ng: 1e3\nh: nope\ni: ::1\nj: 0.5\nk: a_b\n"),
                    "");
}

BOOST_AUTO_TEST_CASE(the_directive_of_yaml_1_1_is_noted) {
  BOOST_CHECK_EQUAL(notes(format::yaml, "%YAML 1.1\n---\na: 1\n"), "1:1  yaml");
  BOOST_CHECK_EQUAL(notes(format::yaml, "%YAML 1.2\n---\na: 1\n"), "");
}

BOOST_AUTO_TEST_CASE(numbers_out_of_range_are_noted_where_they_stay_text) {
  BOOST_CHECK_EQUAL(notes(format::env, "export A=12345678901234567890\nB__C= -1e400 # c\n"
                                       "D='12345678901234567890'\n"),
                    "1:10 /a range\n2:7 /b/c range");
  BOOST_CHECK_EQUAL(notes(format::ini, "[s]\na.b = 12345678901234567890\nc = '1e400'\n"),
                    "2:7 /s/a.b range");
}

BOOST_AUTO_TEST_CASE(a_continuation_line_that_looks_like_a_key_is_noted) {
  BOOST_CHECK_EQUAL(notes(format::ini, "a = 1\n  b = 2\n  c = 3\nd =\n  e = f\n"),
                    "2:3 /a continuation");
  BOOST_CHECK_EQUAL(notes(format::ini, "a = 1\n  [b]\n"), "2:3 /a continuation");
}

BOOST_AUTO_TEST_CASE(notes_are_limited) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "k" + std::to_string(i) + ": yes\n";

  auto const document = watchers::read_source(format::yaml, text, limits{});

  BOOST_REQUIRE(document);
  BOOST_CHECK_EQUAL(document->notes.size(), 20U);
}

BOOST_AUTO_TEST_SUITE_END()
