#include "core/document.hpp"
#include "core/json.hpp"
#include "core/outline.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

// An outline finds what the text's scanner finds, and is fast enough for as many keys as there are.

namespace {

using cfgd::canonical::outline;
using path = std::vector<std::string>;

std::string found(std::string const& text, path const& which) {
  auto const there = outline(text).find(text, which);
  BOOST_TEST((there == cfgd::canonical::find(text, which)));
  return there ? std::string(*there) : "none";
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(outline)

BOOST_AUTO_TEST_CASE(values_are_found_at_every_depth) {
  std::string const text =
      R"({"":0,"a":{"b":{"c":[1,{"a":"]}"}],"d":"x\"}"},"e":{}},"b":-1.5,"z":true})";

  BOOST_TEST(found(text, {}) == text);
  BOOST_TEST(found(text, {""}) == "0");
  BOOST_TEST(found(text, {"a"}) == R"({"b":{"c":[1,{"a":"]}"}],"d":"x\"}"},"e":{}})");
  BOOST_TEST(found(text, {"a", "b"}) == R"({"c":[1,{"a":"]}"}],"d":"x\"}"})");
  BOOST_TEST(found(text, {"a", "b", "c"}) == R"([1,{"a":"]}"}])");
  BOOST_TEST(found(text, {"a", "b", "d"}) == R"("x\"}")");
  BOOST_TEST(found(text, {"a", "e"}) == "{}");
  BOOST_TEST(found(text, {"b"}) == "-1.5");
  BOOST_TEST(found(text, {"z"}) == "true");
  for (path const& missing : {path{"c"}, path{"a", "c"}, path{"a", "b", "c", "0"},
                              path{"a", "e", "x"}, path{"b", "b"}, path{"zz"}})
    BOOST_TEST(found(text, missing) == "none");
}

BOOST_AUTO_TEST_CASE(names_are_ordered_by_bytes_whatever_their_escapes) {
  boost::json::object all;
  std::vector<std::string> const names = {"a",        "a\"",  "a#", "a\\", "a\\b",
                                          "a]",       "\x01", " ",  "\"",  "\\",
                                          "\xc3\xa9", "\x7f", "\t", "~",   "a\tb"};
  int number = 0;
  for (auto const& name : names)
    all[name] = boost::json::object{{name, ++number}};
  auto const text = cfgd::json::canonical(boost::json::value(all));

  number = 0;
  for (auto const& name : names)
    BOOST_TEST(found(text, {name, name}) == std::to_string(++number));
}

BOOST_AUTO_TEST_CASE(only_objects_have_members) {
  for (char const* const text : {"1", "\"{}\"", "[{\"a\":1}]", "{}", "true"}) {
    BOOST_TEST(found(text, {}) == text);
    BOOST_TEST(found(text, {"a"}) == "none");
  }
}

BOOST_AUTO_TEST_CASE(many_lookups_read_the_text_once) {
  std::string text = "{";
  constexpr int count = 40'000;
  for (int index = 0; index < count; ++index)
    text.append(index == 0 ? "" : ",")
        .append("\"key")
        .append(std::to_string(100'000 + index))
        .append("\":\"" + std::string(100, 'x') + "\"");
  text += '}';

  cfgd::canonical::finder values(text);
  int there = 0;
  for (int index = 0; index < count; ++index)
    there += values.find(path{"key" + std::to_string(100'000 + index)}).has_value() ? 1 : 0;
  BOOST_TEST(there == count);
  BOOST_TEST(values.bytes() < 3 * 1024 * 1024U);
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
