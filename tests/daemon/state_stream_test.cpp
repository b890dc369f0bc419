#include "daemon/state_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using cfgd::state_stream;
using prefixes = std::vector<std::string>;

cfgd::view::texts texts() {
  auto const text = [](char const* json) { return std::make_shared<std::string const>(json); };
  return {{"a", text(R"({"x":1,"y":{"p":true,"q":{}}})")},
          {"b", text("{}")},
          {"c", text(R"({"d.e":[1,2],"f":"g"})")}};
}

std::string all_of(prefixes const& below, state_stream::finder find = {}) {
  state_stream stream(texts(), below, std::move(find));
  std::string all;
  while (!stream.at_end()) {
    all += '|';
    stream.append(all);
  }
  return all;
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(state_stream)

using ::state_stream;

BOOST_AUTO_TEST_CASE(leaves_come_in_key_order) {
  BOOST_TEST(all_of({}) == R"(|"a.x":1|"a.y.p":true|"a.y.q":{}|"c.\"d.e\"":[1,2]|"c.f":"g")");
}

BOOST_AUTO_TEST_CASE(a_prefix_selects_a_subtree_or_a_single_key) {
  BOOST_TEST(all_of({"a"}) == R"(|"a.x":1|"a.y.p":true|"a.y.q":{})");
  BOOST_TEST(all_of({"a.y"}) == R"(|"a.y.p":true|"a.y.q":{})");
  BOOST_TEST(all_of({"a.y.q"}) == R"(|"a.y.q":{})");
  BOOST_TEST(all_of({"a.y.q.z"}) == "");
  BOOST_TEST(all_of({"a.none"}) == "");
  BOOST_TEST(all_of({"b"}) == "");
  BOOST_TEST(all_of({"c.\"d.e\""}) == R"(|"c.\"d.e\"":[1,2])");
  BOOST_TEST(all_of({"none.x"}) == "");
}

BOOST_AUTO_TEST_CASE(prefixes_come_in_key_order) {
  BOOST_TEST(all_of({"c.f", "a.y", "none.x", "c.none"}) == R"(|"a.y.p":true|"a.y.q":{}|"c.f":"g")");
}

BOOST_AUTO_TEST_CASE(prefixes_that_overlap_are_sent_once) {
  BOOST_TEST(all_of({"a.y.p", "a.y", "a.y", "a"}) == R"(|"a.x":1|"a.y.p":true|"a.y.q":{})");
}

BOOST_AUTO_TEST_CASE(each_prefix_is_looked_up_and_nothing_else) {
  std::string looked_up;
  auto const find = [&](std::string_view text, cfgd::key const& which) {
    looked_up += which.str() + ' ';
    return which.path().empty() ? std::optional(text) : std::nullopt;
  };

  BOOST_TEST(all_of({"c", "a.none", "a.other", "c.f"}, find) == R"(|"c.\"d.e\"":[1,2]|"c.f":"g")");
  BOOST_TEST(looked_up == "a.none a.other c ");
}

BOOST_AUTO_TEST_CASE(nothing_is_looked_up_before_it_is_asked_for) {
  int looked_up = 0;
  state_stream stream(texts(), {"a.x", "c.f"}, [&](std::string_view, cfgd::key const&) {
    ++looked_up;
    return std::optional<std::string_view>("1");
  });
  BOOST_TEST(looked_up == 0);

  BOOST_TEST(!stream.at_end());
  BOOST_TEST(!stream.at_end());

  BOOST_TEST(looked_up == 1);
}

BOOST_AUTO_TEST_CASE(texts_are_held_no_longer_than_needed) {
  auto all = texts();
  std::weak_ptr<std::string const> const first = all.at("a");
  std::weak_ptr<std::string const> const last = all.at("c");
  std::optional<state_stream> stream;
  stream.emplace(std::move(all), prefixes{"a.x", "c.f"});
  std::string out;

  BOOST_REQUIRE(!stream->at_end());
  stream->append(out);
  BOOST_TEST(!first.expired());
  BOOST_REQUIRE(!stream->at_end());

  BOOST_TEST(first.expired());
  BOOST_TEST(!last.expired());
}

BOOST_AUTO_TEST_CASE(a_prefix_ends_at_a_part) {
  BOOST_TEST(cfgd::is_below("a.b.c", {"a.b"}));
  BOOST_TEST(cfgd::is_below("a.b", {"a.b"}));
  BOOST_TEST(!cfgd::is_below("a.bc", {"a.b"}));
  BOOST_TEST(cfgd::is_below("a.\"b.c\".d", {"a.\"b.c\""}));
  BOOST_TEST(cfgd::is_below("anything", {}));
}

BOOST_AUTO_TEST_SUITE_END()
} // namespace cases
