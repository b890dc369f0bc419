#include "core/json.hpp"
#include "core/splice.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>
#include <vector>

// Members of canonical texts are replaced, added and removed where they belong.

namespace {

using namespace cfgd;
using path = std::vector<std::string>;
/// Empty: removed.
using edits = std::map<path, std::string>;

std::string spliced(std::string const& text, edits const& all) {
  canonical::splice edit(text);
  for (auto const& [where, value] : all) {
    edit.find(where);
    edit.put(value);
  }
  return edit.finish().value_or("(absent)");
}

std::string found(std::string const& text, path const& where) {
  canonical::splice edit(text);
  auto const at = edit.find(where);
  return std::to_string(at.depth).append(" ").append(at.value);
}

} // namespace

BOOST_AUTO_TEST_SUITE(splice)

BOOST_AUTO_TEST_CASE(members_are_added_where_they_belong) {
  BOOST_TEST(spliced("{}", {{{"b"}, "1"}}) == R"({"b":1})");
  BOOST_TEST(spliced("{}", {{{"a"}, "1"}, {{"b"}, "2"}}) == R"({"a":1,"b":2})");
  BOOST_TEST(spliced(R"({"b":1})", {{{"a"}, "0"}, {{"c"}, "2"}}) == R"({"a":0,"b":1,"c":2})");
  BOOST_TEST(spliced(R"({"a":1,"d":4})", {{{"b"}, "2"}, {{"c"}, "3"}}) ==
             R"({"a":1,"b":2,"c":3,"d":4})");
  BOOST_TEST(spliced(R"({"a":{"k":[1,{"x":2}]}})", {{{"a", "A"}, "0"}, {{"a", "z"}, "1"}}) ==
             R"({"a":{"A":0,"k":[1,{"x":2}],"z":1}})");
}

BOOST_AUTO_TEST_CASE(members_are_removed_with_their_commas) {
  std::string const text = R"({"a":1,"b":2,"c":3})";

  BOOST_TEST(spliced(text, {{{"a"}, ""}}) == R"({"b":2,"c":3})");
  BOOST_TEST(spliced(text, {{{"b"}, ""}}) == R"({"a":1,"c":3})");
  BOOST_TEST(spliced(text, {{{"c"}, ""}}) == R"({"a":1,"b":2})");
  BOOST_TEST(spliced(text, {{{"a"}, ""}, {{"b"}, ""}}) == R"({"c":3})");
  BOOST_TEST(spliced(text, {{{"a"}, ""}, {{"b"}, ""}, {{"c"}, ""}}) == "{}");
  BOOST_TEST(spliced(text, {{{"a"}, ""}, {{"aa"}, "9"}, {{"c"}, ""}}) == R"({"aa":9,"b":2})");
}

BOOST_AUTO_TEST_CASE(an_object_below_the_root_is_not_left_empty) {
  std::string const text = R"({"a":{"b":1},"c":2})";

  BOOST_TEST(spliced(text, {{{"a", "b"}, ""}}) == "(absent)");
  BOOST_TEST(spliced(text, {{{"a", "b"}, ""}, {{"c"}, ""}}) == "(absent)");
  BOOST_TEST(spliced(text, {{{"a", "b"}, ""}, {{"a", "c"}, "1"}}) == R"({"a":{"c":1},"c":2})");
}

BOOST_AUTO_TEST_CASE(a_path_is_followed_as_far_as_there_are_members) {
  std::string const text = R"({"a":{"b":{"c":"x"}},"e":{},"n":5})";

  BOOST_TEST(found(text, {"a", "b", "c"}) == R"(3 "x")");
  BOOST_TEST(found(text, {"a", "b"}) == R"(2 {"c":"x"})");
  BOOST_TEST(found(text, {"a", "x", "y"}) == "2 ");
  BOOST_TEST(found(text, {"e", "x"}) == "1 {}");
  BOOST_TEST(found(text, {"n", "x"}) == "1 5");
  BOOST_TEST(found(text, {"q"}) == "1 ");
}

BOOST_AUTO_TEST_CASE(names_are_ordered_by_their_bytes_not_by_their_escapes) {
  boost::json::object all{{"a", 1}, {"\x01", 2}, {"\"", 3}, {"\\", 4}, {"\xc3\xa9", 5}};
  std::vector<std::string> const more{"!", "#", "[", "]", "\x02", "zz", "\xc3\xaa"};

  for (auto const& name : more) {
    auto const text = json::canonical(boost::json::value(all));
    auto wanted = all;
    wanted[name] = 6;
    BOOST_TEST(spliced(text, {{{name}, "6"}}) == json::canonical(boost::json::value(wanted)));
  }
}

BOOST_AUTO_TEST_CASE(random_edits_give_the_text_of_the_edited_object) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    boost::json::object flat;
    for (int left = 0; left < 6; ++left)
      flat[std::string(1 + random() % 2, static_cast<char>('a' + random() % 4))] =
          static_cast<std::int64_t>(random() % 3);
    boost::json::object whole{{"k", flat}, {"z", 1}};
    if (flat.empty()) whole.erase("k");
    auto const text = json::canonical(boost::json::value(whole));
    edits all;
    auto& edited = whole["k"].as_object();
    for (auto left = 1 + random() % 5; left > 0; --left) {
      std::string const name(1 + random() % 2, static_cast<char>('a' + random() % 4));
      bool const is_removal = random() % 2 == 0;
      all[{"k", name}] = is_removal ? "" : "8";
      if (is_removal)
        edited.erase(name);
      else
        edited[name] = 8;
    }
    auto const wanted = edited.empty() ? "(absent)" : json::canonical(boost::json::value(whole));

    BOOST_REQUIRE_EQUAL(spliced(text, all), wanted);
  }
}

BOOST_AUTO_TEST_SUITE_END()
