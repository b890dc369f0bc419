#include "core/document.hpp"
#include "core/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace cfgd;
using path = std::vector<std::string>;

std::string const text =
    R"({"":0,"\"q,}":{"x":1},"a":{"b":[1,{"c":"]}"},"\\"],"d":{}},"ab":"a\"b","é":null})";

std::string find(path const& where) {
  auto const found = canonical::find(text, where);
  return found ? std::string(*found) : "absent";
}

std::vector<std::string> leaves(key const& at, std::string_view below) {
  std::vector<std::string> found;
  canonical::for_each_leaf(at, below, [&](key const& leaf, std::string_view value) {
    found.push_back(leaf.str() + "=" + std::string(value));
    return true;
  });
  return found;
}

void check_equal(std::vector<std::string> const& is, std::vector<std::string> const& expected) {
  BOOST_CHECK_EQUAL_COLLECTIONS(is.begin(), is.end(), expected.begin(), expected.end());
}

sourced_document make_document() {
  auto value = json::parse(R"({"a":{"b":[1,[2,3]],"c":{"d":1}},"e":2})");
  sourced_document document{.root = value->as_object(), .places = {}};
  for (std::uint32_t line = 1; line <= 9; ++line) // a, b, 1, [, 2, 3, c, d, e
    document.places.push_back({.line = line, .column = 1});
  return document;
}

std::uint32_t line_of(path const& where) { return find_place(make_document(), where).line; }
std::uint32_t line_at(std::string_view pointer) {
  return find_place(make_document(), pointer).line;
}

boost::json::value const pointed =
    *json::parse(R"({"a":[1,{"b":null},[]],"":{"":2},"c/d":3,"e~f":4,"~1":5,"0":6,"g":"text"})");

std::string value_at(std::string_view pointer) {
  auto const* const found = find_pointer(pointed, pointer);
  return found == nullptr ? "none" : json::canonical(*found);
}

} // namespace

BOOST_AUTO_TEST_SUITE(document)

BOOST_AUTO_TEST_CASE(values_are_found_in_canonical_text) {
  BOOST_CHECK_EQUAL(find({}), text);
  BOOST_CHECK_EQUAL(find({""}), "0");
  BOOST_CHECK_EQUAL(find({"\"q,}", "x"}), "1");
  BOOST_CHECK_EQUAL(find({"a", "b"}), R"([1,{"c":"]}"},"\\"])");
  BOOST_CHECK_EQUAL(find({"a", "d"}), "{}");
  BOOST_CHECK_EQUAL(find({"ab"}), R"("a\"b")");
  BOOST_CHECK_EQUAL(find({"é"}), "null");
}

BOOST_AUTO_TEST_CASE(missing_paths_are_absent) {
  for (path const& where : {path{"b"}, path{"a", "x"}, path{"a", "b", "c"}, path{"a", "b", "0"},
                            path{"ab", "x"}, path{"", ""}, path{"a", "d", "x"}, path{"é", "x"}})
    BOOST_CHECK_EQUAL(find(where), "absent");
  BOOST_CHECK(!canonical::find("1", path{"a"}));
  BOOST_CHECK(!canonical::find("{}", path{"a"}));
}

BOOST_AUTO_TEST_CASE(members_come_in_order_with_plain_names) {
  auto const all = canonical::members(text);

  BOOST_REQUIRE_EQUAL(all.size(), 5U);
  BOOST_CHECK_EQUAL(all[0].name, "");
  BOOST_CHECK_EQUAL(all[1].name, "\"q,}");
  BOOST_CHECK_EQUAL(all[1].value, R"({"x":1})");
  BOOST_CHECK_EQUAL(all[4].name, "é");
  BOOST_CHECK_EQUAL(all[4].value, "null");
  BOOST_CHECK(canonical::members("{}").empty());
  BOOST_CHECK(canonical::members("[1]").empty());
}

BOOST_AUTO_TEST_CASE(leaves_are_empty_objects_and_other_values) {
  check_equal(leaves(key({"n"}), text),
              {R"(n.""=0)", R"(n."\"q,}".x=1)", R"(n.a.b=[1,{"c":"]}"},"\\"])", "n.a.d={}",
               R"(n.ab="a\"b")", "n.\"é\"=null"});
  check_equal(leaves(key({"n", "a"}), "1"), {"n.a=1"});
  check_equal(leaves(key({"n", "a"}), "{}"), {"n.a={}"});
  check_equal(leaves(key({"n"}), "{}"), {});
}

BOOST_AUTO_TEST_CASE(visiting_leaves_can_be_ended) {
  int count = 0;

  canonical::for_each_leaf(key({"n"}), text, [&](key const&, std::string_view) {
    return ++count < 3; //
  });

  BOOST_CHECK_EQUAL(count, 3);
}

BOOST_AUTO_TEST_CASE(places_are_found_by_path_or_nearest_ancestor) {
  BOOST_CHECK_EQUAL(line_of({"a"}), 1U);
  BOOST_CHECK_EQUAL(line_of({"a", "b"}), 2U);
  BOOST_CHECK_EQUAL(line_of({"a", "c"}), 7U);
  BOOST_CHECK_EQUAL(line_of({"a", "c", "d"}), 8U);
  BOOST_CHECK_EQUAL(line_of({"e"}), 9U);
  BOOST_CHECK_EQUAL(line_of({"a", "x"}), 1U);
  BOOST_CHECK_EQUAL(line_of({"a", "b", "x"}), 2U);
  BOOST_CHECK_EQUAL(line_of({"x"}), 0U);
  BOOST_CHECK_EQUAL(line_of({}), 0U);
  BOOST_CHECK_EQUAL(find_place(sourced_document{}, path{"a"}).line, 0U);
}

BOOST_AUTO_TEST_CASE(places_are_found_by_pointer_also_in_lists) {
  BOOST_CHECK_EQUAL(line_at("/a"), 1U);
  BOOST_CHECK_EQUAL(line_at("/a/b"), 2U);
  BOOST_CHECK_EQUAL(line_at("/a/b/0"), 3U);
  BOOST_CHECK_EQUAL(line_at("/a/b/1"), 4U);
  BOOST_CHECK_EQUAL(line_at("/a/b/1/0"), 5U);
  BOOST_CHECK_EQUAL(line_at("/a/b/1/1"), 6U);
  BOOST_CHECK_EQUAL(line_at("/a/c/d"), 8U);
  BOOST_CHECK_EQUAL(line_at("/e"), 9U);
  BOOST_CHECK_EQUAL(line_at(""), 0U);
  BOOST_CHECK_EQUAL(line_at("/x"), 0U);
  BOOST_CHECK_EQUAL(find_place(sourced_document{}, "/a").line, 0U);
}

BOOST_AUTO_TEST_CASE(a_dangling_pointer_has_the_place_of_its_nearest_ancestor) {
  BOOST_CHECK_EQUAL(line_at("/a/b/2"), 2U);
  BOOST_CHECK_EQUAL(line_at("/a/b/01"), 2U);
  BOOST_CHECK_EQUAL(line_at("/a/b/-"), 2U);
  BOOST_CHECK_EQUAL(line_at("/a/b/99999999999999999999"), 2U);
  BOOST_CHECK_EQUAL(line_at("/a/b/0/x"), 3U);
  BOOST_CHECK_EQUAL(line_at("/a/x/y/z"), 1U);
  BOOST_CHECK_EQUAL(line_at("/a/"), 1U);
}

BOOST_AUTO_TEST_CASE(places_are_found_behind_escaped_tokens) {
  sourced_document document{.root = json::parse(R"({"a/b":[{"m~n":1}],"":2})")->as_object(),
                            .places = {}};
  for (std::uint32_t line = 1; line <= 4; ++line) // a/b, {, m~n, ""
    document.places.push_back({.line = line, .column = 1});

  BOOST_CHECK_EQUAL(find_place(document, "/a~1b").line, 1U);
  BOOST_CHECK_EQUAL(find_place(document, "/a~1b/0").line, 2U);
  BOOST_CHECK_EQUAL(find_place(document, "/a~1b/0/m~0n").line, 3U);
  BOOST_CHECK_EQUAL(find_place(document, "/").line, 4U);
  BOOST_CHECK_EQUAL(find_place(document, "/a/b").line, 0U);
}

BOOST_AUTO_TEST_CASE(a_pointer_leads_to_a_value) {
  BOOST_CHECK(find_pointer(pointed, "") == &pointed);
  BOOST_CHECK_EQUAL(value_at("/a/0"), "1");
  BOOST_CHECK_EQUAL(value_at("/a/1/b"), "null");
  BOOST_CHECK_EQUAL(value_at("/a/2"), "[]");
  BOOST_CHECK_EQUAL(value_at("/"), R"({"":2})");
  BOOST_CHECK_EQUAL(value_at("//"), "2");
  BOOST_CHECK_EQUAL(value_at("/c~1d"), "3");
  BOOST_CHECK_EQUAL(value_at("/e~0f"), "4");
  BOOST_CHECK_EQUAL(value_at("/~01"), "5");
  BOOST_CHECK_EQUAL(value_at("/0"), "6");
}

BOOST_AUTO_TEST_CASE(a_dangling_pointer_finds_nothing) {
  for (auto const* const pointer :
       {"/x", "/a/3", "/a/00", "/a/01", "/a/-", "/a/+0", "/a/-0", "/a/", "/a/0x", "/a/0/0", "/g/0",
        "/c/d", "///", "/a/18446744073709551616", "a", "a/0"})
    BOOST_CHECK_EQUAL(value_at(pointer), "none");
}

BOOST_AUTO_TEST_CASE(pointers_into_objects_and_values_agree) {
  auto const& object = pointed.as_object();
  for (auto const* const pointer : {"/a/1/b", "/a", "/", "//", "/c~1d", "/x", "/a/9", "a", "///"})
    BOOST_CHECK(find_pointer(object, pointer) == find_pointer(pointed, pointer));
  BOOST_CHECK(find_pointer(object, "") == nullptr); // an object is not a single value
}

BOOST_AUTO_TEST_CASE(pointers_are_split_and_joined) {
  for (auto const& [pointer, tokens] :
       {std::pair<std::string, path>{"", {}}, std::pair<std::string, path>{"/", {""}},
        std::pair<std::string, path>{"/a~1b", {"a/b"}},
        std::pair<std::string, path>{"/a/", {"a", ""}},
        std::pair<std::string, path>{"//a", {"", "a"}},
        std::pair<std::string, path>{"/~0~1/~01", {"~/", "~1"}},
        std::pair<std::string, path>{"/é/0/\"", {"é", "0", "\""}}}) {
    auto const split = split_pointer(pointer);
    BOOST_CHECK_EQUAL_COLLECTIONS(split.begin(), split.end(), tokens.begin(), tokens.end());
    BOOST_CHECK_EQUAL(pointer_to(tokens), pointer);
  }
}

BOOST_AUTO_TEST_SUITE_END()
