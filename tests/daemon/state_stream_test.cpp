#include "daemon/state_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using cfgd::state_stream;

cfgd::view::texts texts() {
  auto const text = [](char const* json) { return std::make_shared<std::string const>(json); };
  return {{"a", text(R"({"x":1,"y":{"p":true,"q":{}}})")},
          {"b", text("{}")},
          {"c", text(R"({"d.e":[1,2],"f":"g"})")}};
}

std::string all_of(state_stream stream) {
  std::string all;
  while (auto const piece = stream.next())
    all += '|' + *piece;
  return all;
}

} // namespace

// Suites are namespaces: not in the global one, where the names of functions are.
namespace cases {
BOOST_AUTO_TEST_SUITE(state_stream)

using ::state_stream;

BOOST_AUTO_TEST_CASE(leaves_come_in_key_order) {
  BOOST_TEST(all_of(state_stream(texts(), {}, 1'000)) ==
             R"(|"a.x":1,"a.y.p":true,"a.y.q":{},"c.\"d.e\"":[1,2],"c.f":"g")");
}

BOOST_AUTO_TEST_CASE(pieces_are_about_as_long_as_asked) {
  BOOST_TEST(all_of(state_stream(texts(), {}, 1)) ==
             R"(|"a.x":1|"a.y.p":true|"a.y.q":{}|"c.\"d.e\"":[1,2]|"c.f":"g")");
}

BOOST_AUTO_TEST_CASE(prefixes_select_subtrees_and_single_keys) {
  BOOST_TEST(all_of(state_stream(texts(), {"a.y", "c.f"}, 1'000)) ==
             R"(|"a.y.p":true,"a.y.q":{},"c.f":"g")");
}

BOOST_AUTO_TEST_CASE(one_prefix_is_looked_up) {
  auto const below = [](char const* prefix) {
    return all_of(state_stream(texts(), {prefix}, 1'000));
  };

  BOOST_TEST(below("a") == R"(|"a.x":1,"a.y.p":true,"a.y.q":{})");
  BOOST_TEST(below("a.y") == R"(|"a.y.p":true,"a.y.q":{})");
  BOOST_TEST(below("a.y.q") == R"(|"a.y.q":{})");
  BOOST_TEST(below("a.y.q.z") == "");
  BOOST_TEST(below("a.none") == "");
  BOOST_TEST(below("b") == "");
  BOOST_TEST(below("c.\"d.e\"") == R"(|"c.\"d.e\"":[1,2])");
  BOOST_TEST(below("none.x") == "");
}

BOOST_AUTO_TEST_CASE(one_prefix_is_found_as_asked) {
  std::string looked_up;
  auto const find = [&](std::string_view text, cfgd::key const& which) {
    looked_up += which.str() + ' ';
    return which.path().empty() ? std::optional(text) : std::nullopt;
  };

  BOOST_TEST(all_of(state_stream(texts(), {"a.none"}, 1'000, find)) == "");
  BOOST_TEST(looked_up == "a.none ");
  BOOST_TEST(all_of(state_stream(texts(), {"c"}, 1'000, find)) ==
             R"(|"c.\"d.e\"":[1,2],"c.f":"g")");
}

BOOST_AUTO_TEST_CASE(the_end_is_known_before_the_last_piece_is_sent) {
  state_stream stream(texts(), {"a.x"}, 1'000);

  BOOST_TEST(!stream.at_end());
  BOOST_TEST(stream.next().value() == R"("a.x":1)");
  BOOST_TEST(stream.at_end());
  BOOST_TEST(!stream.next());
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
