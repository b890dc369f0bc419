#include "core/document.hpp"
#include "core/json.hpp"
#include "engine/diff.hpp"
#include "tests/support/random_document.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <ostream>

namespace {

using namespace cfgd;

std::string show(std::vector<key_change> const& changes) {
  std::string out;
  for (auto const& one : changes)
    out += one.key + '=' + one.before + "->" + one.after + ' ';
  return out;
}

std::string compare(std::string_view before, std::string_view after) {
  std::vector<key_change> out;
  engine::append_differences(out, "n", before, after);
  return show(out);
}

std::map<key, std::string> leaves(std::string_view text) {
  std::map<key, std::string> all;
  if (text.empty()) return all;
  canonical::for_each_leaf(key({"n"}), text, [&all](key const& at, std::string_view value) {
    all.emplace(at, value);
    return true;
  });
  return all;
}

/// The same by tables of all leaves.
std::string slow_diff(std::string_view before, std::string_view after) {
  auto const olds = leaves(before);
  auto const news = leaves(after);
  std::map<key, key_change> all;
  for (auto const& [at, value] : olds)
    all[at].before = value;
  for (auto const& [at, value] : news)
    all[at].after = value;
  std::vector<key_change> out;
  for (auto& [at, one] : all) {
    one.key = at.str();
    if (one.before != one.after) out.push_back(one);
  }
  return show(out);
}

} // namespace

BOOST_AUTO_TEST_SUITE(diff)

BOOST_AUTO_TEST_CASE(leaves_are_created_updated_and_deleted_in_key_order) {
  BOOST_TEST(compare(R"({"a":1,"b":{"c":2,"d":3}})", R"({"a":5,"b":{"d":3},"e":[1]})") ==
             "n.a=1->5 n.b.c=2-> n.e=->[1] ");
}

BOOST_AUTO_TEST_CASE(equal_texts_have_no_differences) {
  BOOST_TEST(compare(R"({"a":{"b":1}})", R"({"a":{"b":1}})").empty());
}

BOOST_AUTO_TEST_CASE(a_namespace_that_comes_or_goes_empty_has_no_leaf) {
  BOOST_TEST(compare("", "{}").empty());
  BOOST_TEST(compare("{}", "").empty());
  BOOST_TEST(compare("", R"({"a":1})") == "n.a=->1 ");
  BOOST_TEST(compare(R"({"a":1})", "") == "n.a=1-> ");
}

BOOST_AUTO_TEST_CASE(an_empty_object_below_is_a_leaf) {
  BOOST_TEST(compare(R"({"a":{}})", R"({"a":{"b":1}})") == "n.a={}-> n.a.b=->1 ");
  BOOST_TEST(compare(R"({"a":{"b":1}})", R"({"a":{}})") == "n.a=->{} n.a.b=1-> ");
  BOOST_TEST(compare(R"({})", R"({"a":{}})") == "n.a=->{} ");
}

BOOST_AUTO_TEST_CASE(names_are_compared_by_their_bytes_and_quoted_in_keys) {
  BOOST_TEST(compare(R"({"A":1,"a b":1,"\u007f":1})", R"({})") ==
             "n.A=1-> n.\"a b\"=1-> n.\"\\u007F\"=1-> ");
}

BOOST_AUTO_TEST_CASE(random_documents_differ_as_their_leaves_do) {
  test::random_document random(7396);
  using enum test::random_document::nulls;
  std::size_t differing = 0;
  for (int round = 0; round < 5'000; ++round) {
    auto const before = json::canonical(random.object(3, no));
    auto const after = round % 7 == 0 ? std::string() : json::canonical(random.object(3, no));
    auto const expected = slow_diff(before, after);
    BOOST_REQUIRE_EQUAL(compare(before, after), expected);
    BOOST_REQUIRE_EQUAL(compare(after, before), slow_diff(after, before));
    if (!expected.empty()) ++differing;
  }
  BOOST_TEST(differing > 1'000U);
}

BOOST_AUTO_TEST_SUITE_END()
